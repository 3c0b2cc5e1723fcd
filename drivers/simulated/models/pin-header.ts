/** The pins of a board by name: what is wired to what, and which are interrupts. */
import { invalidArgument } from "pinion/sdk";
import { Line } from "../physics/line.js";
import type { BoardAttributes } from "./board-attributes.js";

export interface Pin {
  readonly line: Line;
  /** 0 to 1, as it was set. */
  duty: number;
  /** Hertz, as it was set. */
  frequency: number;
}

export class PinHeader {
  readonly #now: () => number;
  readonly #pins = new Map<string, Pin>();
  /** Pin of each interrupt. */
  readonly #interrupts = new Map<string, string>();
  /** The pin that stands for all pins wired to it. */
  readonly #nets = new Map<string, string>();
  /** The only pins there are; undefined when any name will do. */
  readonly #known: ReadonlySet<string> | undefined;

  constructor(now: () => number, attributes: BoardAttributes) {
    this.#now = now;
    for (const { from, to } of attributes.wires) {
      const [kept, joined] = [this.#netOf(from), this.#netOf(to)];
      for (const pin of [to, ...this.#nets.keys()]) if (this.#netOf(pin) === joined) this.#nets.set(pin, kept);
    }
    if (attributes.pins !== undefined && attributes.pins.length > 0) this.#known = new Set(attributes.pins.map(({ name }) => name));
    const driven = new Set(attributes.wires.flatMap(({ from, to }) => [from, to]));
    for (const { name, pin, ticks_per_sec: rate } of attributes.digital_interrupts) {
      this.#interrupts.set(name, pin);
      const frequency = rate ?? (driven.has(pin) ? 0 : attributes.ticks_per_sec);
      if (frequency > 0) this.#at(pin).line.drive({ kind: "wave", frequency, duty: 0.5 });
    }
  }

  /** By its own name or that of the interrupt on it. */
  pin(name: string): Pin {
    const pin = this.#interrupts.get(name) ?? name;
    if (this.#isKnown(pin)) return this.#at(pin);
    throw invalidArgument(`cannot find GPIO for unknown pin: ${name}; this board has ${[...(this.#known ?? [])].join(", ")}`);
  }

  /** The line of an interrupt. A pin without one becomes one, as on a real board. */
  interrupt(name: string): Line {
    if (!this.#interrupts.has(name)) {
      const { line } = this.pin(name);
      this.#interrupts.set(name, name);
      return line;
    }
    return this.pin(name).line;
  }

  get interruptNames(): readonly string[] {
    return [...this.#interrupts.keys()];
  }

  /** Levels of the pins that were used so far. */
  levels(): Readonly<Record<string, boolean>> {
    return Object.fromEntries([...this.#pins].map(([name, { line }]) => [name, line.isHigh()]));
  }

  #isKnown(pin: string): boolean {
    if (pin === "") return false;
    return this.#known === undefined || this.#known.has(pin) || this.#nets.has(pin) || [...this.#interrupts.values()].includes(pin);
  }

  #at(name: string): Pin {
    const known = this.#pins.get(name);
    if (known !== undefined) return known;
    const net = this.#netOf(name);
    const line = net === name ? new Line(this.#now) : this.#at(net).line;
    const pin: Pin = { line, duty: 0, frequency: 0 };
    this.#pins.set(name, pin);
    return pin;
  }

  #netOf(pin: string): string {
    return this.#nets.get(pin) ?? pin;
  }
}
