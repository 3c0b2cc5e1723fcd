/**
 * A chip at an address of an I2C bus, for the drivers of this module: one user at a time, identified and configured when it is first used, configured
 * again when its supply was away, errors that name it.
 */
import { type Clock, type I2cDevice, isPinionError, millis } from "pinion/hardware";
import { type ResourceLogger, RpcError, unavailable } from "pinion/sdk";
import type { Rig } from "./rig.js";

export interface ChipProfile {
  /** As datasheets call it: `BME280`. */
  readonly name: string;
  /** Added to the error when nothing answers: where else the chip can be. */
  readonly hint?: string;
  /** Throws when another chip is there; learns what is fixed in the chip. Done again after the chip did not answer. */
  identify?(device: I2cDevice): Promise<void>;
  /** Whether the registers are as `configure` leaves them; not so after a loss of supply. */
  isConfigured?(device: I2cDevice): Promise<boolean>;
  configure?(device: I2cDevice): Promise<void>;
}

export interface ChipOptions {
  readonly profile: ChipProfile;
  readonly bus: number;
  readonly address: number;
  readonly logger: ResourceLogger;
}

/** How often a use is begun anew because the chip lost its configuration meanwhile. */
const TRIES = 3;

export class Chip {
  readonly clock: Clock;
  readonly #profile: ChipProfile;
  readonly #device: I2cDevice;
  readonly #logger: ResourceLogger;
  #turn: Promise<unknown> = Promise.resolve();
  #state: "unknown" | "known" | "closed" = "unknown";
  #wasKnown = false;
  #isFailing = false;
  /** Told when the chip was configured again: what it was told since is lost. */
  onReset: () => void = () => undefined;

  constructor(rig: Rig, { profile, bus, address, logger }: ChipOptions) {
    this.clock = rig.clock;
    this.#profile = profile;
    this.#device = rig.hardware.i2c.device(bus, address);
    this.#logger = logger;
  }

  /** `BME280 on i2c-1 address 0x76` */
  get place(): string {
    return `${this.#profile.name} on i2c-${this.#device.bus} address ${hex(this.#device.address)}`;
  }

  /**
   * Runs `steps` with the chip configured, before and after: what they read was not read from a chip that had lost its supply. They are run again when it
   * had, so they must bear that. What they throw comes out with the chip's name.
   */
  use<T>(steps: (device: I2cDevice) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#turn.then(() => this.#run(steps, signal));
    this.#turn = turn.catch(() => undefined); // told to its own caller
    return turn;
  }

  /** Identifies and configures it: fails where nothing else would touch the chip yet. */
  async open(): Promise<this> {
    await this.use(async () => undefined);
    return this;
  }

  /** Ends after the uses begun so far; later ones fail. */
  async close(last?: (device: I2cDevice) => Promise<void>): Promise<void> {
    if (last !== undefined && this.#wasKnown) await this.use(last).catch(() => undefined); // logged; nobody is left to tell
    await this.#turn;
    this.#state = "closed";
  }

  /** Waits until `isDone`; fails after `limit` milliseconds, saying `what`. */
  async until(what: string, limit: number, isDone: () => Promise<boolean>): Promise<void> {
    const end = this.clock.now() + limit;
    while (!(await isDone())) {
      if (this.clock.now() >= end) throw new Error(`${what} (waited ${limit} ms)`);
      await this.sleep(Math.min(5, limit / 10));
    }
  }

  sleep(milliseconds: number): Promise<void> {
    return this.clock.sleep(millis(milliseconds));
  }

  async #run<T>(steps: (device: I2cDevice) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#state === "closed") throw unavailable(`${this.place}: the resource was closed`);
    try {
      const result = await this.#whileConfigured(steps);
      if (this.#isFailing) this.#logger.info("the chip works again", this.#fields());
      this.#isFailing = false;
      return result;
    } catch (error) {
      if (error instanceof RpcError) throw error;
      if (isPinionError(error)) this.#state = "unknown";
      const named = this.#named(error);
      if (!this.#isFailing && this.#wasKnown) this.#logger.warn("the chip fails", { ...this.#fields(), error: named.message });
      this.#isFailing = true;
      throw named;
    }
  }

  async #whileConfigured<T>(steps: (device: I2cDevice) => Promise<T>): Promise<T> {
    const device = this.#device;
    for (let tries = 0; tries < TRIES; tries++) {
      await this.#prepare();
      let outcome: { readonly value: T } | { readonly error: unknown };
      try {
        outcome = { value: await steps(device) };
      } catch (error) {
        // Nothing more can be asked of a chip that does not answer; one that answers nonsense may have lost its configuration.
        if (isPinionError(error) || error instanceof RpcError) throw error;
        outcome = { error };
      }
      if ((await this.#profile.isConfigured?.(device)) ?? true) {
        if ("error" in outcome) throw outcome.error;
        return outcome.value;
      }
      this.#state = "unknown";
    }
    throw new Error("it loses its configuration again and again: check its supply, its wiring, and whether another program uses it");
  }

  async #prepare(): Promise<void> {
    if (this.#state !== "unknown") return;
    const { identify, isConfigured, configure } = this.#profile;
    await identify?.(this.#device);
    // At first whatever another process left behind is replaced.
    if (configure !== undefined && !(this.#wasKnown && (await isConfigured?.(this.#device)) === true)) {
      await configure(this.#device);
      if (this.#wasKnown) {
        this.#logger.warn("the chip had lost its configuration, as it does without supply; it was configured again", this.#fields());
        this.onReset();
      }
    }
    this.#state = "known";
    this.#wasKnown = true;
  }

  #named(error: unknown): RpcError {
    const text = error instanceof Error ? error.message : String(error);
    // The bus names itself and the address, a library that is missing does not.
    if (!isPinionError(error) || !text.startsWith("i2c-")) return unavailable(`${this.place}: ${text}`, { cause: error });
    const hint = error.code === "I2C_NO_ANSWER" && !this.#wasKnown && this.#profile.hint !== undefined ? `; ${this.#profile.hint}` : "";
    return unavailable(`${this.#profile.name} on ${text}${hint}`, { cause: error });
  }

  #fields(): Record<string, unknown> {
    return { chip: this.#profile.name, bus: this.#device.bus, address: hex(this.#device.address) };
  }
}

/** `0x0a` */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** `0x0a0b` */
export function word(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}
