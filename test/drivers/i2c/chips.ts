/** Chips as they are in memory: what they hold after power-up, and what they do when they are written to. */
import { type FakeI2cChip, FakeRawChip, FakeRegisterChip, FakeWordChip, fakeNoAnswer } from "../../../src/hardware/i2c/fake-i2c.js";

export interface TestChip {
  readonly chip: FakeI2cChip;
  /** All registers as after power-up. */
  powerCycle(): void;
}

export interface ByteChip extends TestChip {
  readonly chip: FakeRegisterChip;
}

export interface WordChip extends TestChip {
  readonly chip: FakeWordChip;
}

type Registers = Readonly<Record<number, number | readonly number[]>>;

function byteChip(reset: Registers, hooks: Omit<ConstructorParameters<typeof FakeRegisterChip>[0] & object, "registers"> = {}): ByteChip {
  const chip = new FakeRegisterChip({ ...hooks, registers: reset });
  return {
    chip,
    powerCycle: () => {
      chip.bytes.fill(0);
      for (const [register, values] of Object.entries(reset)) chip.bytes.set([values].flat(), Number(register));
    },
  };
}

function wordChip(
  reset: Readonly<Record<number, number>>,
  hooks: Omit<ConstructorParameters<typeof FakeWordChip>[0] & object, "registers"> = {},
): WordChip {
  const chip = new FakeWordChip({ ...hooks, registers: reset });
  return {
    chip,
    powerCycle: () => {
      chip.words.fill(0);
      for (const [register, value] of Object.entries(reset)) chip.words[Number(register)] = value;
    },
  };
}

const words = (...values: readonly number[]): number[] => values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff]);
const high20 = (value: number): number[] => [value >> 12, (value >> 4) & 0xff, (value & 0x0f) << 4];

/** BMP280 datasheet 3.12. */
export const BOSCH_TRIM: readonly number[] = words(27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000);
const SKIPPED = [0x80, 0, 0, 0x80, 0, 0, 0x80, 0];

/** With the datasheet's example in it; a BME280's humidity is the one that the kernel's driver was fed. */
export function boschChip(id: number): ByteChip {
  const data = [...high20(415148), ...high20(519888), 27500 >> 8, 27500 & 0xff];
  return byteChip(
    { 208: id, 136: BOSCH_TRIM, 161: 75, 225: [...words(355), 0, 338 >> 4, (338 & 0x0f) | ((50 & 0x0f) << 4), 50 >> 4, 30], 247: SKIPPED },
    {
      onWrite: (register, value, { bytes }) => {
        if (register === 0xf4 && (value & 0x03) === 3) bytes.set(data, 0xf7);
      },
    },
  );
}

/** BE EF and its checksum twice: the datasheet's example. */
export const SHT_ANSWER: readonly number[] = [0xbe, 0xef, 0x92, 0xbe, 0xef, 0x92];

export interface ShtChip extends TestChip {
  answer: readonly number[];
  /** So many reads are refused after each command: it measures still. */
  busy: number;
}

export function shtChip(): ShtChip {
  let command = 0;
  let refusals = 0;
  const state: ShtChip = {
    answer: SHT_ANSWER,
    busy: 0,
    powerCycle: () => undefined,
    chip: new FakeRawChip({
      onSend: ([high = 0, low = 0]) => {
        command = (high << 8) | low;
        refusals = state.busy;
      },
      onReceive: (length) => {
        if (command === 0xf32d) return [0x80, 0x10, 0xe1].slice(0, length);
        if (refusals-- > 0) throw fakeNoAnswer();
        return state.answer.slice(0, length);
      },
    }),
  };
  return state;
}

/** Both voltages appear once it is calibrated. */
function inaChip(reset: Readonly<Record<number, number>>, shunt: number, bus: number): WordChip {
  return wordChip(reset, {
    onWrite: (register, _value, { words: held }) => {
      if (register === 5) held.set([shunt, bus], 1);
    },
  });
}

/** INA219 datasheet: 10 A at 12 V through 2 milliohm. */
export function ina219Chip(): WordChip {
  return inaChip({ 0: 0x399f }, 2000, 0x5d98);
}

export function ina226Chip(): WordChip {
  return inaChip({ 0: 0x4127, 254: 0x5449, 255: 0x2260 }, 8000, 9584);
}

/** 1 g down, turning: data only while it is awake. */
export const MPU_DATA: readonly number[] = [0x40, 0, 0, 0, 0xc0, 0, 0xf0, 0, 0, 131, 0, 0, 0xff, 125];

export function mpu6050Chip(id = 0x68): ByteChip {
  return byteChip(
    { 117: id, 107: 0x40 },
    {
      onWrite: (register, value, { bytes }) =>
        void (register === 0x6b && bytes.set((value & 0x40) === 0 ? MPU_DATA : new Array(14).fill(0), 0x3b)),
    },
  );
}

export function adxl345Chip(id = 0xe5): ByteChip {
  return byteChip(
    { 0: id, 44: 0x0a },
    {
      onWrite: (register, value, { bytes }) => void (register === 0x2d && value === 8 && bytes.set([0, 1, 0, 0xff, 128, 0], 0x32)),
      onRead: (register, { bytes }) => {
        // Reading takes the interrupts back once the value is out.
        if (register === 0x30) queueMicrotask(() => (bytes[0x30] = 0));
      },
    },
  );
}

export function as5600Chip(raw = 1024): ByteChip {
  return byteChip({ 11: 0x20, 12: [raw >> 8, raw & 0xff] });
}

export function as5048Chip(raw = 4096): ByteChip {
  return byteChip({ 250: [128, 0x01, 0x10, 0, raw >> 6, raw & 0x3f] });
}

export function pca9685Chip(): ByteChip {
  const off = Array.from({ length: 16 }, () => [0, 0, 0, 0x10]).flat();
  return byteChip(
    { 0: [0x11, 0x04], 6: off, 254: 0x1e },
    {
      autoIncrement: ({ bytes }) => ((bytes[0] ?? 0) & 0x20) !== 0,
      onWrite: (register, value, { bytes }) => {
        // Restart is raised by a sleep, and falls when it is written.
        if (register === 0x00 && value & 0x80) bytes[0] = value & 0x7f;
        else if (register === 0x00 && value & 0x10) bytes[0] = value | 0x80;
        else if (register === 0x00) bytes[0] = value | 0x80;
      },
    },
  );
}

/** Each input has its own code; a conversion is over when it is asked for. */
export function adsChip(codes: readonly number[]): WordChip {
  return wordChip(
    { 1: 0x8583 },
    {
      onWrite: (register, value, { words: held }) => {
        if (register !== 1) return;
        held[1] = value | 0x8000;
        if (value & 0x8000) held[0] = codes[(value >> 12) & 7] ?? 0;
      },
    },
  );
}

export interface PortChip extends ByteChip {
  /** Levels from outside, of pins 0 to 15. */
  drive(levels: number): void;
  /** Whether INTA and INTB are low. */
  readonly isInterrupting: boolean;
}

export function mcp23017Chip(): PortChip {
  let outside = 0;
  const { chip, powerCycle } = byteChip(
    { 0: [0xff, 0xff] },
    {
      onWrite: (register, value, { bytes }) => {
        if (register === 0x0a || register === 0x0b) bytes.fill(value, 0x0a, 0x0c);
        settle();
      },
      onRead: (register, { bytes }) => {
        if (register !== 0x12 && register !== 0x13) return;
        queueMicrotask(() => (bytes[register - 4] = 0));
      },
    },
  );
  const pair = (register: number): number => (chip.bytes[register] ?? 0) | ((chip.bytes[register + 1] ?? 0) << 8);
  const store = (register: number, value: number): void => chip.set(register, value & 0xff, value >> 8);
  const settle = (): void => {
    const inputs = pair(0x00);
    const before = pair(0x12);
    const now = (outside & inputs) | (pair(0x14) & ~inputs & 0xffff);
    store(0x12, now);
    const changed = (before ^ now) & pair(0x04) & ~pair(0x0e);
    if (changed === 0) return;
    if (pair(0x0e) === 0) store(0x10, now);
    store(0x0e, pair(0x0e) | changed);
  };
  return {
    chip,
    powerCycle: () => {
      powerCycle();
      settle();
    },
    drive: (levels) => {
      outside = levels;
      settle();
    },
    get isInterrupting() {
      return pair(0x0e) !== 0;
    },
  };
}
