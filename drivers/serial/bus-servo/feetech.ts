/** Feetech bus servos: the STS series (little-endian, magnetic sensor all around) and the SCS series (big-endian, potentiometer over 300 degrees). */
import { packetOne } from "./packet-one.js";
import { bitTexts, fromSignBit, type ServoFamily, type ServoMode, type ServoProtocol, toSignBit } from "./servo-family.js";
import { type Register, type ServoLine, toBytes } from "./servo-line.js";

const ALARMS: Readonly<Record<number, string>> = {
  0: "voltage out of its limits",
  1: "position sensor",
  2: "too hot",
  3: "overcurrent",
  4: "angle",
  5: "overload",
};

/** First byte of the model: the number of the series. */
const MODEL: Register = { address: 3, size: 1 };
const SCS_SERIES = 5;
const TORQUE: Register = { address: 40, size: 1 };
const GOAL = 42;
const GOAL_TIME = 44;
const GOAL_SPEED = 46;
const MOVING: Register = { address: 66, size: 1 };
const GAUGES = {
  load_pct: { register: { address: 60, size: 2 }, toValue: (raw: number) => fromSignBit(raw, 10) / 1000 },
  voltage: { register: { address: 62, size: 1 }, toValue: (raw: number) => raw / 10 },
  temperature_celsius: { register: { address: 63, size: 1 }, toValue: (raw: number) => raw },
} as const;

function protocol(byteOrder: "little" | "big"): ServoProtocol {
  return { codec: packetOne, byteOrder, isGarbled: () => false, faults: () => [], alarms: (error) => bitTexts(error, ALARMS) };
}

const STS_MODE: Register = { address: 33, size: 1 };
const STS_LOCK: Register = { address: 55, size: 1 };
const STS_STEPS = 4096;

export const feetechSts: ServoFamily = {
  name: "Feetech STS",
  protocol: protocol("little"),
  steps: STS_STEPS,
  degrees: 360,
  torque: TORQUE,
  moving: MOVING,
  position: { register: { address: 56, size: 2 }, toValue: (raw) => fromSignBit(raw, 15) },
  wheelModulus: STS_STEPS,
  maxRpm: 50,
  gauges: GAUGES,
  isTorqueFirst: false,
  goal: (steps, speed = 0) => ({ address: GOAL, bytes: [...little(steps), ...little(0), ...little(Math.round(speed))] }),
  velocity: (rpm) => ({ address: GOAL_SPEED, bytes: little(toSignBit((rpm * STS_STEPS) / 60, 15)) }),
  readMode: async (line) => MODES[await line.read(STS_MODE, "reading the mode")],
  writeMode: (line, mode) => unlocked(line, STS_LOCK, () => line.write(STS_MODE, mode === "wheel" ? 1 : 0, "setting the mode")),
};

const MODES: Readonly<Record<number, ServoMode>> = { 0: "position", 1: "wheel" };

const SCS_LIMITS = 9;
const SCS_LOCK: Register = { address: 48, size: 1 };
const SCS_STEPS = 1024;

export const feetechScs: ServoFamily = {
  name: "Feetech SCS",
  protocol: protocol("big"),
  steps: SCS_STEPS,
  degrees: 300,
  torque: TORQUE,
  moving: MOVING,
  position: { register: { address: 56, size: 2 }, toValue: (raw) => raw },
  wheelModulus: undefined,
  maxRpm: 60,
  gauges: GAUGES,
  isTorqueFirst: false,
  goal: (steps, speed = 0) => ({ address: GOAL, bytes: [...big(steps), ...big(0), ...big(Math.round(speed))] }),
  // A wheel of this series has no control of speed: the register takes a share of the voltage, 0 to 1000.
  velocity: (rpm, maxRpm) => ({ address: GOAL_TIME, bytes: big(toSignBit(1000 * Math.max(-1, Math.min(1, rpm / maxRpm)), 10)) }),
  readMode: async (line) => {
    const limits = await line.readBytes(SCS_LIMITS, 4, "reading the angle limits");
    return limits.every((byte) => byte === 0) ? "wheel" : "position";
  },
  writeMode: (line, mode) => {
    const limits = mode === "wheel" ? [...big(0), ...big(0)] : [...big(0), ...big(SCS_STEPS - 1)];
    return unlocked(line, SCS_LOCK, () => line.writeBytes(SCS_LIMITS, limits, "setting the angle limits"));
  },
};

/** Says what is wrong when the servo is of the other series. */
export async function checkFeetech(line: ServoLine, family: ServoFamily): Promise<void> {
  const series = await line.read(MODEL, "reading the model");
  const isScs = series === SCS_SERIES;
  if (isScs === (family === feetechScs)) return;
  throw new Error(
    `attributes.series: expected "${isScs ? "scs" : "sts"}" for ${line.name}, whose model begins with ${series}, got "${isScs ? "sts" : "scs"}"`,
  );
}

async function unlocked(line: ServoLine, lock: Register, action: () => Promise<void>): Promise<void> {
  await line.write(lock, 0, "unlocking its memory");
  try {
    await action();
  } finally {
    await line.write(lock, 1, "locking its memory");
  }
}

function little(value: number): number[] {
  return toBytes(value, 2, "little");
}

function big(value: number): number[] {
  return toBytes(value, 2, "big");
}
