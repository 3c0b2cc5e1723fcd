/** What kinds of bus servos differ in: packets, error bits, registers, units. One object for each kind; see feetech.ts and dynamixel.ts. */
import type { ServoCodec } from "./packet.js";
import type { Register, ServoLine } from "./servo-line.js";

export type ServoMode = "position" | "wheel";

export interface ServoProtocol {
  readonly codec: ServoCodec;
  readonly byteOrder: "little" | "big";
  /** The request did not arrive whole: it is sent again. */
  isGarbled(error: number): boolean;
  /** Why the servo did not do what it was asked. */
  faults(error: number): string[];
  /** What the servo suffers from; it may have switched itself off. */
  alarms(error: number): string[];
  /** Says more than the error byte. */
  readonly alarmDetails?: { readonly register: Register; texts(value: number): string[] };
}

/** Bytes for consecutive registers. */
export interface RegisterWrite {
  readonly address: number;
  readonly bytes: readonly number[];
}

/** A register that people read, as a number with a unit. */
export interface Gauge {
  readonly register: Register;
  readonly toValue: (raw: number) => number;
}

export interface ServoFamily {
  /** For messages: `Feetech STS`. */
  readonly name: string;
  readonly protocol: ServoProtocol;
  /** Positions 0 to `steps` - 1 span this many degrees. */
  readonly steps: number;
  readonly degrees: number;
  readonly torque: Register;
  readonly moving: Register;
  readonly position: Gauge;
  /** After this many steps the position counts from the beginning on a wheel; undefined: a wheel has no position. */
  readonly wheelModulus: number | undefined;
  /** Revolutions per minute at full speed, unless the config says otherwise. */
  readonly maxRpm: number;
  readonly gauges: Readonly<Record<string, Gauge>>;
  /** The goal is forgotten when torque comes, so torque has to come first. */
  readonly isTorqueFirst: boolean;
  /** `speed`: steps a second; undefined: as fast as it goes. */
  goal(steps: number, speed: number | undefined): RegisterWrite;
  velocity(rpm: number, maxRpm: number): RegisterWrite;
  /** Stops the wheel when nobody speaks to it for so long. */
  readonly watchdog?: { readonly register: Register; readonly unitMs: number; readonly most: number };
  /** Undefined: neither. */
  readMode(line: ServoLine): Promise<ServoMode | undefined>;
  /** Kept by the servo without power, so only done when it is in another mode. Torque is off. */
  writeMode(line: ServoLine, mode: ServoMode): Promise<void>;
}

/** Texts of the bits that are set. */
export function bitTexts(value: number, texts: Readonly<Record<number, string>>): string[] {
  return Object.entries(texts)
    .filter(([bit]) => ((value >> Number(bit)) & 1) === 1)
    .map(([, text]) => text);
}

/** Sign and size: the sign in bit `bit`. */
export function fromSignBit(raw: number, bit: number): number {
  const size = raw & ((1 << bit) - 1);
  return (raw >> bit) & 1 ? -size : size;
}

export function toSignBit(value: number, bit: number): number {
  const size = Math.min(Math.round(Math.abs(value)), (1 << bit) - 1);
  return value < 0 && size > 0 ? size | (1 << bit) : size;
}
