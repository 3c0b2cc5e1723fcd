/** Dynamixel servos: AX and its kin and MX by protocol 1, the X series and MX(2.0) by protocol 2. Robotis e-manual, control tables. */
import { packetOne } from "./packet-one.js";
import { packetTwo } from "./packet-two.js";
import { bitTexts, fromSignBit, type ServoFamily, type ServoProtocol, toSignBit } from "./servo-family.js";
import { type Register, type ServoLine, toBytes } from "./servo-line.js";

const MODEL: Register = { address: 0, size: 2 };

const protocolOne: ServoProtocol = {
  codec: packetOne,
  byteOrder: "little",
  isGarbled: (error) => ((error >> 4) & 1) === 1,
  faults: (error) => bitTexts(error, { 1: "angle beyond the servo's own limits", 3: "value out of range", 6: "unknown instruction" }),
  alarms: (error) => bitTexts(error, { 0: "voltage out of its limits", 2: "too hot", 5: "overload" }),
};

const FAULTS_TWO: Readonly<Record<number, string>> = {
  1: "it failed",
  2: "unknown instruction",
  4: "value out of range",
  5: "value too short",
  6: "value beyond the servo's own limits",
  7: "no access to this register now (torque on, or its watchdog has run out)",
};

const protocolTwo: ServoProtocol = {
  codec: packetTwo,
  byteOrder: "little",
  isGarbled: (error) => (error & 0x7f) === 3,
  faults: (error) => {
    const number = error & 0x7f;
    return number === 0 ? [] : [FAULTS_TWO[number] ?? `error ${number}`];
  },
  alarms: (error) => (error >> 7 === 1 ? ["a hardware error"] : []),
  alarmDetails: {
    register: { address: 70, size: 1 },
    texts: (value) =>
      bitTexts(value, {
        0: "voltage out of its limits",
        2: "too hot",
        3: "position sensor",
        4: "electrical shock or too little power",
        5: "overload",
      }),
  },
};

const LIMITS_ONE = 6;
const GOAL_ONE = 30;
const SPEED_ONE = 32;

interface VariantOne {
  readonly name: string;
  readonly steps: number;
  readonly degrees: number;
  readonly isContinuous: boolean;
  readonly maxRpm: number;
  /** Revolutions per minute of one unit of speed; undefined: wheels take a share of full power instead. */
  readonly wheelUnit: number | undefined;
  /** Revolutions per minute of one unit of speed of a servo. */
  readonly speedUnit: number;
}

function familyOne({ name, steps, degrees, isContinuous, maxRpm, wheelUnit, speedUnit }: VariantOne): ServoFamily {
  return {
    name,
    protocol: protocolOne,
    steps,
    degrees,
    torque: { address: 24, size: 1 },
    moving: { address: 46, size: 1 },
    position: { register: { address: 36, size: 2 }, toValue: (raw) => raw },
    wheelModulus: isContinuous ? steps : undefined,
    maxRpm,
    gauges: {
      load_pct: { register: { address: 40, size: 2 }, toValue: (raw) => -fromSignBit(raw, 10) / 1000 + 0 },
      voltage: { register: { address: 42, size: 1 }, toValue: (raw) => raw / 10 },
      temperature_celsius: { register: { address: 43, size: 1 }, toValue: (raw) => raw },
    },
    isTorqueFirst: false,
    goal: (goal, speed) => {
      const rpm = speed === undefined ? 0 : (speed * degrees) / steps / 6;
      // 0 is as fast as it goes.
      const unit = speed === undefined ? 0 : Math.max(1, Math.min(1023, Math.round(rpm / speedUnit)));
      return { address: GOAL_ONE, bytes: [...little(goal, 2), ...little(unit, 2)] };
    },
    velocity: (rpm, most) => {
      const units = wheelUnit === undefined ? (1023 * rpm) / most : rpm / wheelUnit;
      return { address: SPEED_ONE, bytes: little(toSignBit(units, 10), 2) };
    },
    readMode: async (line) => {
      const limits = await line.readBytes(LIMITS_ONE, 4, "reading the angle limits");
      return limits.every((byte) => byte === 0) ? "wheel" : "position";
    },
    writeMode: async (line, mode) => {
      const limits = mode === "wheel" ? [0, 0, 0, 0] : [0, 0, ...little(steps - 1, 2)];
      await line.writeBytes(LIMITS_ONE, limits, "setting the angle limits");
    },
  };
}

export const dynamixelAx: ServoFamily = familyOne({
  name: "Dynamixel AX",
  steps: 1024,
  degrees: 300,
  isContinuous: false,
  maxRpm: 59,
  wheelUnit: undefined,
  speedUnit: 0.111,
});

export const dynamixelMx: ServoFamily = familyOne({
  name: "Dynamixel MX",
  steps: 4096,
  degrees: 360,
  isContinuous: true,
  maxRpm: 55,
  wheelUnit: 0.114,
  speedUnit: 0.114,
});

const X_MODE: Register = { address: 11, size: 1 };
const X_VELOCITY = 104;
/** Profile velocity, followed by the goal position. */
const X_PROFILE = 112;
const X_RPM = 0.229;
const X_STEPS = 4096;

export const dynamixelX: ServoFamily = {
  name: "Dynamixel X",
  protocol: protocolTwo,
  steps: X_STEPS,
  degrees: 360,
  torque: { address: 64, size: 1 },
  moving: { address: 122, size: 1 },
  position: { register: { address: 132, size: 4 }, toValue: (raw) => raw | 0 },
  wheelModulus: 2 ** 32,
  maxRpm: 57,
  gauges: {
    pwm_pct: { register: { address: 124, size: 2 }, toValue: (raw) => ((raw << 16) >> 16) / 885 },
    voltage: { register: { address: 144, size: 2 }, toValue: (raw) => raw / 10 },
    temperature_celsius: { register: { address: 146, size: 1 }, toValue: (raw) => raw },
  },
  isTorqueFirst: true,
  goal: (goal, speed) => {
    const unit = speed === undefined ? 0 : Math.max(1, Math.round((speed * 60) / X_STEPS / X_RPM));
    return { address: X_PROFILE, bytes: [...little(unit, 4), ...little(goal, 4)] };
  },
  velocity: (rpm) => ({ address: X_VELOCITY, bytes: little(Math.round(rpm / X_RPM), 4) }),
  watchdog: { register: { address: 98, size: 1 }, unitMs: 20, most: 127 },
  readMode: async (line) => {
    const mode = await line.read(X_MODE, "reading the operating mode");
    return mode === 1 ? "wheel" : mode === 3 ? "position" : undefined;
  },
  writeMode: (line, mode) => line.write(X_MODE, mode === "wheel" ? 1 : 3, "setting the operating mode"),
};

const AX_MODELS = [12, 18, 24, 28, 64, 107, 113, 116, 117, 300];
const MX_MODELS = [29, 310, 320, 360];
/** MX(2.0), then all of the X series, which share the registers used here. */
const X_MODELS = [30, 311, 321];
const X_FIRST = 1000;
const X_LAST = 1300;

/** Which kind of servo it is, by its model number. */
export async function findDynamixel(line: ServoLine, protocol: 1 | 2): Promise<ServoFamily> {
  const model = await line.read(MODEL, "reading the model number");
  if (protocol === 1 && AX_MODELS.includes(model)) return dynamixelAx;
  if (protocol === 1 && MX_MODELS.includes(model)) return dynamixelMx;
  if (protocol === 2 && (X_MODELS.includes(model) || (model >= X_FIRST && model <= X_LAST))) return dynamixelX;
  const known = protocol === 1 ? "AX, RX, EX, DX or MX" : "X or MX(2.0)";
  throw new Error(`${line.name} has the model number ${model}: expected a servo of the series ${known}, whose registers are known`);
}

function little(value: number, size: number): number[] {
  return toBytes(value, size, "little");
}
