/** The rig on the virtual board: the kernel's own simulated lines and chips on the other side, the kernel's own interfaces on this. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createHardware } from "../../src/hardware/index.js";
import type { Rig, SerialPeer, Wire } from "../rig.js";
import { SimChip } from "./gpio-sim.js";
import { I2cStub } from "./i2c-stub.js";
import { PtyPeer } from "./pty-peer.js";

/** The one that gpio-sim calls so: a Raspberry Pi 4's. */
export const HEADER_CHIP = "pinctrl-bcm2711";
/** GPIO 17, 27, 22, 23, 24, 25, 5, 6. */
const WIRED: readonly number[] = [17, 27, 22, 23, 24, 25, 5, 6];
/** All simulated chips are any model, so the addresses are chosen as the chips have them. */
const ADDRESSES = {
  bme280: 0x76,
  bmp280: 0x77,
  ina219: 0x40,
  ina226: 0x41,
  ads1115: 0x48,
  mpu6050: 0x68,
  adxl345: 0x53,
  as5600: 0x36,
  mcp23017: 0x20,
  pca9685: 0x60,
} as const;

export async function openBoardRig(): Promise<Rig> {
  const chip = SimChip.find(HEADER_CHIP);
  const stub = I2cStub.find();
  const hardware = createHardware();
  const folder = mkdtempSync(path.join(os.tmpdir(), "pinion-ports-"));
  const peers: SerialPeer[] = [];
  return {
    place: "board",
    hardware,
    wires: WIRED.map((offset) => wire(chip, offset)),
    i2c: { bus: stub.bus, address: (model) => ADDRESSES[model], registers: stub },
    serial: {
      isLoop: false,
      async plug() {
        const peer = await PtyPeer.plug(path.join(folder, `tty${peers.length}`));
        peers.push(peer);
        return peer;
      },
    },
    async close() {
      for (const peer of peers) await peer.close();
      hardware.gpio.close();
      await hardware.i2c.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function wire(chip: SimChip, offset: number): Wire {
  return {
    line: { chip: chip.label, offset },
    drive: (isHigh) => chip.drive(offset, isHigh),
    level: () => chip.level(offset),
    // The simulator drives nothing: it pulls, and a line's own bias takes the place of that.
    release: () => undefined,
  };
}
