/**
 * I2C buses in memory, for tests: chips are added to them, faults are put in, and what went over the wire is kept. Turns, retries and the texts of
 * errors are the real ones; only the kernel is replaced.
 */
import { type Clock, systemClock } from "../../base/clock.js";
import { millis } from "../../base/millis.js";
import type { FakeI2cChip } from "./fake-chips.js";
import { type FakeFault, fakeError, isRetried } from "./fake-faults.js";
import { type FakeTransfer, FakeWire } from "./fake-wire.js";
import type { I2c, I2cDevice } from "./i2c-bus.js";
import type { BusName } from "./i2c-wire.js";
import { TRIES } from "./wired-bus.js";
import { WiredI2c } from "./wired-i2c.js";

export {
  type FakeI2cChip,
  FakeRawChip,
  FakeRegisterChip,
  type FakeRegisterOptions,
  FakeWordChip,
  type FakeWordOptions,
} from "./fake-chips.js";
export { type FakeFault, fakeNoAnswer } from "./fake-faults.js";
export type { FakeTransfer } from "./fake-wire.js";

interface Slot {
  readonly chip: FakeI2cChip;
  isAbsent: boolean;
  faults: FakeFault[];
}

export class FakeI2c implements I2c {
  /** All transfers so far; may be emptied (`log.length = 0`). */
  readonly log: FakeTransfer[] = [];
  readonly #wired: WiredI2c;
  readonly #slots = new Map<string, Slot>();
  readonly #buses = new Map<number, BusName>();
  readonly #holds = new Map<number, { readonly isEndless: boolean; readonly waiting: (() => void)[] }>();

  /** A `clock` is only asked for deadlines. There are no pauses between tries, nor after a bus was held. */
  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    const source = {
      buses: () => this.buses(),
      openWire: (bus: number) => new FakeWire(bus, { enter: (address) => this.#enter(bus, address), log: this.log }),
      boundDriver: () => undefined,
    };
    const limits = { heldPause: millis(0), retryPause: millis(0), idle: millis(0) };
    this.#wired = new WiredI2c(source, clock, limits);
  }

  /** Puts a chip on a bus, which is there from then on; replaces the one at this address. */
  add<T extends FakeI2cChip>(bus: number, address: number, chip: T): T {
    this.addBus(bus);
    this.#slots.set(keyOf(bus, address), { chip, isAbsent: false, faults: [] });
    return chip;
  }

  /** A bus without a chip. */
  addBus(bus: number, name = "fake"): void {
    if (!this.#buses.has(bus)) this.#buses.set(bus, { number: bus, name });
  }

  remove(bus: number, address: number): void {
    this.#slots.delete(keyOf(bus, address));
  }

  /** The chip stops answering, or answers again with what it held. */
  setAbsent(bus: number, address: number, isAbsent = true): void {
    this.#slot(bus, address).isAbsent = isAbsent;
  }

  /** The next `count` transfers with this address fail for good, retries and all. */
  failNext(bus: number, address: number, fault: FakeFault, count = 1): void {
    this.glitchNext(bus, address, fault, isRetried(fault) ? count * TRIES : count);
  }

  /** The next `count` tries with this address fail; with fewer than three, retries get over what is retried. */
  glitchNext(bus: number, address: number, fault: FakeFault, count = 1): void {
    this.#slot(bus, address).faults.push(...Array.from({ length: count }, () => fault));
  }

  /** From now on transfers of this bus fail as those of a bus held low; `isEndless`: they do not come back at all, and only the deadline ends them. */
  hold(bus: number, { isEndless = false }: { readonly isEndless?: boolean } = {}): void {
    this.addBus(bus);
    this.#holds.set(bus, { isEndless, waiting: [] });
  }

  /** The bus is free again. */
  release(bus: number): void {
    const hold = this.#holds.get(bus);
    this.#holds.delete(bus);
    for (const go of hold?.waiting ?? []) go();
  }

  /** What was written to an address, the register first, without writes that failed. */
  writes(bus: number, address: number): number[][] {
    return this.log
      .filter((entry) => entry.bus === bus && entry.address === address && entry.fault === undefined)
      .filter(({ kind }) => kind === "write" || kind === "send")
      .map(({ register, bytes }) => [...(register === undefined ? [] : [register]), ...bytes]);
  }

  buses(): readonly BusName[] {
    return [...this.#buses.values()].toSorted((a, b) => a.number - b.number);
  }

  device(bus: number, address: number): I2cDevice {
    return this.#wired.device(bus, address);
  }

  scan(bus: number, skip?: ReadonlySet<number>): Promise<number[]> {
    return this.#wired.scan(bus, skip);
  }

  close(): Promise<void> {
    return this.#wired.close();
  }

  /** What stands in a transfer's way, and who answers it. */
  async #enter(bus: number, address: number): Promise<{ readonly chip: FakeI2cChip; readonly isShort: boolean }> {
    // As on a real bus, a transfer takes a moment: whoever breaks into a sequence is found out.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!this.#buses.has(bus)) throw fakeError("bus-missing");
    const hold = this.#holds.get(bus);
    if (hold?.isEndless === true) await new Promise<void>((resolve) => hold.waiting.push(resolve));
    else if (hold !== undefined) throw fakeError("bus-held");
    const slot = this.#slots.get(keyOf(bus, address));
    const fault = slot?.faults.shift();
    if (fault !== undefined && fault !== "short") throw fakeError(fault);
    if (slot === undefined || slot.isAbsent) throw fakeError("no-answer");
    return { chip: slot.chip, isShort: fault === "short" };
  }

  #slot(bus: number, address: number): Slot {
    const slot = this.#slots.get(keyOf(bus, address));
    if (slot === undefined) throw new Error(`expected a fake chip at ${keyOf(bus, address)}: add one first`);
    return slot;
  }
}

function keyOf(bus: number, address: number): string {
  return `i2c-${bus}/0x${address.toString(16)}`;
}
