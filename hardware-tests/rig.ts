/**
 * What a suite needs of the place it runs in: hardware for the driver that is tested, and the world on its other side. Three places offer it:
 * fakes in memory, the virtual board, a bench of real boards. What a place does not have is undefined, and `PINION_RIG` says which one it is.
 */
import type { TestContext } from "node:test";
import type { Hardware, LineAddress } from "../src/hardware/index.js";

export interface Rig {
  readonly place: Place;
  readonly hardware: Hardware;
  /** Lines with something on their other side. */
  readonly wires: readonly Wire[];
  readonly i2c: I2cRig | undefined;
  readonly serial: SerialRig | undefined;
  close(): Promise<void>;
}

export type Place = "fakes" | "board" | "bench";

/** A line of the tested side, and who is at the other end of the wire. */
export interface Wire {
  readonly line: LineAddress;
  /** The other end puts a level on the wire. */
  drive(isHigh: boolean): void;
  /** The level at the other end. */
  level(): boolean;
  /** The other end lets go of the wire. Left out where it cannot: a jumper's other pin. */
  release?(): void;
}

export type ChipModel = "bme280" | "bmp280" | "ina219" | "ina226" | "mpu6050" | "adxl345" | "ads1115" | "pca9685" | "mcp23017" | "as5600";

export interface I2cRig {
  readonly bus: number;
  /** Where a chip of this model is; undefined when there is none. Simulated chips become any model. */
  address(model: ChipModel): number | undefined;
  /** Undefined where chips are real. */
  readonly registers: I2cRegisters | undefined;
}

/** The inside of simulated chips. */
export interface I2cRegisters {
  /** Registers of one byte, from `register` on. */
  setBytes(address: number, register: number, ...values: readonly number[]): void;
  /** A register of 16 bits. */
  setWord(address: number, register: number, value: number): void;
  byte(address: number, register: number): number;
  word(address: number, register: number): number;
}

export interface SerialRig {
  /** A device on a port, played by the test. On a bench with a looped port it hears itself: `isLoop`. */
  plug(): Promise<SerialPeer>;
  readonly isLoop: boolean;
}

export interface SerialPeer {
  /** For `hardware.serial` and configs. */
  readonly port: string;
  write(bytes: Uint8Array): Promise<void>;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** The device is pulled out of its port. */
  unplug(): Promise<void>;
  /** It is back under the same name. */
  replug(): Promise<void>;
}

/** Skips the test, saying what to connect and what to run, when the place lacks it. */
export function have<T>(t: TestContext, what: T | undefined, need: string): what is T {
  if (what !== undefined) return true;
  t.skip(`needs ${need}: describe it in a wiring file and run \`npm run test:bench -- wiring.json\`, or run \`npm run test:board\``);
  return false;
}

/** The rig of the place that PINION_RIG names; the fakes without it. */
export async function openRig(): Promise<Rig> {
  const place = process.env["PINION_RIG"] ?? "fakes";
  switch (place) {
    case "fakes":
      return (await import("./fakes/fake-rig.js")).openFakeRig();
    case "board":
      return (await import("./board/board-rig.js")).openBoardRig();
    case "bench":
      return (await import("./bench/bench-rig.js")).openBenchRig();
    default:
      throw new Error(`expected PINION_RIG to be fakes, board or bench, found ${place}`);
  }
}
