/** The rig on the virtual board: the kernel's own simulated lines and chips on the other side, the kernel's own interfaces on this. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createHardware } from "../../src/hardware/index.js";
import type { Rig, Wire } from "../rig.js";
import { ADDRESSES, WIRED } from "../simulated.js";
import { SimChip } from "./gpio-sim.js";
import { I2cStub } from "./i2c-stub.js";
import { PtyPeer } from "./pty-peer.js";

/** The one that gpio-sim calls so: a Raspberry Pi 4's. */
export const HEADER_CHIP = "pinctrl-bcm2711";

export async function openBoardRig(): Promise<Rig> {
  const chip = SimChip.find(HEADER_CHIP);
  const stub = I2cStub.find();
  const hardware = createHardware();
  const folder = mkdtempSync(path.join(os.tmpdir(), "pinion-ports-"));
  const peers: PtyPeer[] = [];
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
      for (const peer of peers) await peer.unplug();
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
