/** All buses of a source of wires, opened when first used. */
import type { Clock } from "../../base/clock.js";
import { type ErrorCode, isPinionError, PinionError } from "../../base/errors.js";
import { hex } from "../../base/hex.js";
import type { I2c, I2cDevice } from "./i2c-bus.js";
import type { BusName, WireSource } from "./i2c-wire.js";
import { type BusLimits, DEFAULT_LIMITS, WiredBus } from "./wired-bus.js";
import { WiredDevice } from "./wired-device.js";

/** The others are reserved by the I2C specification. */
const FIRST_ADDRESS = 0x03;
const LAST_ADDRESS = 0x77;

/** A scan that meets one of these would meet it at every address. */
const ENDS_SCAN: ReadonlySet<ErrorCode> = new Set([
  "I2C_BUS_HELD",
  "I2C_PERMISSION",
  "I2C_BUS_MISSING",
  "I2C_UNSUPPORTED",
  "HARDWARE_LIBRARY_MISSING",
] as const);

export class WiredI2c implements I2c {
  readonly #source: WireSource;
  readonly #clock: Clock;
  readonly #limits: BusLimits;
  readonly #buses = new Map<number, WiredBus>();

  constructor(source: WireSource, clock: Clock, limits: Partial<BusLimits> = {}) {
    this.#source = source;
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  buses(): readonly BusName[] {
    return this.#source.buses();
  }

  device(bus: number, address: number): I2cDevice {
    return this.#device(bus, address);
  }

  async scan(bus: number, skip: ReadonlySet<number> = new Set()): Promise<number[]> {
    const found: number[] = [];
    for (let address = FIRST_ADDRESS; address <= LAST_ADDRESS; address++) {
      if (skip.has(address) || this.#source.boundDriver(bus, address) !== undefined) continue;
      try {
        await this.#device(bus, address).probe();
        found.push(address);
      } catch (error) {
        if (!isPinionError(error) || ENDS_SCAN.has(error.code)) throw error;
      }
    }
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#buses.values()].map((bus) => bus.close()));
    this.#buses.clear();
  }

  #device(bus: number, address: number): WiredDevice {
    if (!Number.isInteger(bus) || bus < 0) throw new PinionError("I2C_FAILED", `expected the number of an I2C bus, got ${bus}`);
    if (!Number.isInteger(address) || address < FIRST_ADDRESS || address > LAST_ADDRESS) {
      throw new PinionError("I2C_FAILED", `i2c-${bus}: expected an address from 0x03 to 0x77, got ${hex(address)}`);
    }
    const wired = this.#buses.get(bus) ?? new WiredBus(bus, this.#source, this.#clock, this.#limits);
    this.#buses.set(bus, wired);
    return new WiredDevice(wired, address, wired.queue);
  }
}
