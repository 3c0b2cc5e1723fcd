/** A board: pins that keep what they are told, PWM one can see on wired inputs, interrupts that tick, analog inputs that wander. */
import {
  type AnalogReading,
  type Board,
  type CallOptions,
  invalidArgument,
  type Lifecycle,
  type PowerMode,
  type ResourceContext,
  type Tick,
} from "pinion/sdk";
import type * as v from "valibot";
import { pwmSignal } from "../physics/line.js";
import { Wander } from "../physics/wander.js";
import type { World } from "../world.js";
import { type AnalogAttributes, type BoardAttributes, boardSchema } from "./board-attributes.js";
import { LineFeed } from "./line-feed.js";
import { type Pin, PinHeader } from "./pin-header.js";

export const schema: v.GenericSchema<unknown, BoardAttributes> = boardSchema({ wander: 200, ticksPerSecond: 1 });
/** Analog inputs of a fake read what was written to them, its interrupts fire when their pin is set. */
export const fakeSchema: v.GenericSchema<unknown, BoardAttributes> = boardSchema({ wander: 0, ticksPerSecond: 0 });

export function create({ attributes }: ResourceContext<BoardAttributes>, world: World): SimulatedBoard {
  return new SimulatedBoard(attributes, world);
}

/** A converter of 10 bits on 3.3 V. */
const STEPS = 1023;
const VOLTS = 3.3;

class SimulatedBoard implements Board, Lifecycle<BoardAttributes> {
  readonly #world: World;
  readonly #header: PinHeader;
  readonly #analogs = new Map<string, Analog>();
  readonly #feeds = new Set<LineFeed>();
  #awakeAt = 0;
  #mode: PowerMode = "normal";

  constructor(attributes: BoardAttributes, world: World) {
    this.#world = world;
    this.#header = new PinHeader(world.clock.now, attributes);
    for (const analog of attributes.analogs) this.#analogs.set(analog.name, createAnalog(analog, world));
  }

  async setGpio(pin: string, isHigh: boolean): Promise<void> {
    const found = this.#header.pin(pin);
    found.duty = 0;
    found.frequency = 0;
    found.line.drive({ kind: "level", isHigh });
    this.#wake();
  }

  async getGpio(pin: string): Promise<boolean> {
    return this.#header.pin(pin).line.isHigh();
  }

  async getPwm(pin: string): Promise<number> {
    return this.#header.pin(pin).duty;
  }

  async setPwm(pin: string, dutyCycle: number): Promise<void> {
    if (!(dutyCycle >= 0 && dutyCycle < 1.01)) throw invalidArgument(`duty_cycle_pct: expected 0 to 1, got ${dutyCycle}`);
    this.#modulate(pin, (found) => {
      found.duty = Math.min(dutyCycle, 1);
    });
  }

  async getPwmFrequency(pin: string): Promise<number> {
    return this.#header.pin(pin).frequency;
  }

  async setPwmFrequency(pin: string, frequency: number): Promise<void> {
    this.#modulate(pin, (found) => {
      found.frequency = frequency;
    });
  }

  async readAnalog(reader: string): Promise<AnalogReading> {
    const analog = this.#analogs.get(reader);
    if (analog !== undefined) return { value: analog.read(), minRange: 0, maxRange: VOLTS, stepSize: VOLTS / STEPS };
    throw invalidArgument(
      `can't find AnalogReader (${reader}); this board has ${listed([...this.#analogs.keys()], 'none: name some in "analogs"')}`,
    );
  }

  /** What is written to a pin is what the reader on that pin, or of that name, reads from then on. */
  async writeAnalog(pin: string, value: number): Promise<void> {
    const readers = [...this.#analogs.values()].filter((analog) => analog.pin === pin || analog.name === pin);
    for (const { name, pin: own } of readers) this.#analogs.set(name, { name, pin: own, read: () => value });
    if (readers.length === 0) this.#analogs.set(pin, { name: pin, pin, read: () => value });
  }

  async getDigitalInterruptValue(interrupt: string): Promise<number> {
    return this.#header.interrupt(interrupt).risingEdges();
  }

  async streamTicks(interrupts: readonly string[], options?: CallOptions): Promise<AsyncIterable<Tick>> {
    const lines = interrupts.map((name) => [name, this.#header.interrupt(name)] as const);
    const feed = new LineFeed({ clock: this.#world.clock, lines, signal: options?.signal, onEnd: () => this.#feeds.delete(feed) });
    this.#feeds.add(feed);
    return feed.ticks;
  }

  async setPowerMode(mode: PowerMode, duration?: number): Promise<void> {
    this.#mode = mode;
    this.#awakeAt = duration === undefined ? Number.POSITIVE_INFINITY : this.#world.clock.now() + duration / 1000;
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return {
      power_mode: this.#world.clock.now() < this.#awakeAt ? this.#mode : "normal",
      pins: this.#header.levels(),
      analogs: Object.fromEntries([...this.#analogs].map(([name, analog]) => [name, analog.read()])),
      digital_interrupts: Object.fromEntries(this.#header.interruptNames.map((name) => [name, this.#header.interrupt(name).risingEdges()])),
    };
  }

  close(): void {
    for (const { ticks } of this.#feeds) ticks.end();
  }

  #modulate(pin: string, change: (found: Pin) => void): void {
    const found = this.#header.pin(pin);
    change(found);
    found.line.drive(pwmSignal(found.duty, found.frequency));
    this.#wake();
  }

  /** A line may have begun to swing by itself: the feeds look when its next edge comes. */
  #wake(): void {
    for (const feed of this.#feeds) feed.look();
  }
}

interface Analog {
  readonly name: string;
  readonly pin: string;
  read(): number;
}

function createAnalog({ name, pin, mean, amplitude, period_sec: period }: AnalogAttributes, world: World): Analog {
  if (amplitude === 0) return { name, pin, read: () => mean };
  const wander = new Wander(world.clock.now, { mean, amplitude, period, resolution: 1, seed: name });
  return { name, pin, read: () => Math.min(Math.max(wander.read(), 0), STEPS) };
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join(", ");
}
