/** The rig in memory: quick, everywhere, and only as true as the fakes are. */
import { FakeRegisterChip, FakeWordChip } from "../../src/hardware/i2c/fake-i2c.js";
import { createFakeHardware, type FakeHardware } from "../../src/hardware/testing.js";
import type { ChipModel, I2cRig, Rig, SerialPeer, Wire } from "../rig.js";
import { ADDRESSES, WIRED } from "../simulated.js";

const BUS = 1;
const CHIP = "pinctrl-rp1";
/** With registers of 16 bits; the others have registers of 8. */
const OF_WORDS: ReadonlySet<ChipModel> = new Set<ChipModel>(["ina219", "ina226", "ads1115"]);

export function openFakeRig(): Rig {
  const fakes = createFakeHardware();
  let ports = 0;
  return {
    place: "fakes",
    hardware: fakes.hardware,
    wires: WIRED.map((offset) => wire(fakes, offset)),
    i2c: i2cRig(fakes),
    serial: {
      isLoop: false,
      plug: async () => serialPeer(fakes, `/dev/ttyFAKE${ports++}`),
    },
    close: async () => {
      fakes.gpio.close();
      await fakes.i2c.close();
    },
  };
}

function wire({ gpio }: FakeHardware, offset: number): Wire {
  const line = { chip: CHIP, offset };
  return { line, drive: (isHigh) => gpio.drive(line, isHigh), level: () => gpio.level(line), release: () => gpio.release(line) };
}

function i2cRig({ i2c }: FakeHardware): I2cRig {
  const bytes = new Map<number, FakeRegisterChip>();
  const words = new Map<number, FakeWordChip>();
  for (const [model, address] of Object.entries(ADDRESSES)) {
    if (OF_WORDS.has(model as ChipModel)) words.set(address, i2c.add(BUS, address, new FakeWordChip()));
    else bytes.set(address, i2c.add(BUS, address, new FakeRegisterChip()));
  }
  return {
    bus: BUS,
    address: (model) => ADDRESSES[model],
    registers: {
      setBytes: (address, register, ...values) => chipAt(bytes, address).set(register, ...values),
      setWord: (address, register, value) => {
        chipAt(words, address).words[register] = value;
      },
      byte: (address, register) => chipAt(bytes, address).bytes[register] ?? 0,
      word: (address, register) => chipAt(words, address).words[register] ?? 0,
    },
  };
}

function chipAt<T>(chips: ReadonlyMap<number, T>, address: number): T {
  const chip = chips.get(address);
  if (chip === undefined) throw new Error(`no chip with registers of that size at 0x${address.toString(16)}`);
  return chip;
}

function serialPeer({ serial }: FakeHardware, path: string): SerialPeer {
  const port = serial.add(path);
  return {
    port: path,
    write: async (bytes) => port.send(bytes),
    onData: (listener) => {
      port.onWrite = (bytes) => listener(bytes);
    },
    unplug: async () => serial.unplug(path),
    replug: async () => serial.plug(path),
  };
}
