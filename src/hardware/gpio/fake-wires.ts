/** The wires behind FakeGpio: who drives them, and which level that makes. */
import type { Clock } from "../../base/clock.js";
import type { Bias, Drive, LineAddress } from "./gpio.js";
import { describeLine } from "./gpio-errors.js";

export interface LevelChange {
  readonly address: LineAddress;
  readonly isHigh: boolean;
  /** Nanoseconds, of the same clock as edges. */
  readonly time: bigint;
}

interface Wire {
  readonly members: LineAddress[];
  level: boolean;
}

interface Output {
  readonly drive: Drive;
  isHigh: boolean;
}

export class FakeWires {
  readonly #clock: Clock;
  readonly #onChanges: (changes: readonly LevelChange[]) => void;
  readonly #wires = new Map<string, Wire>();
  readonly #outputs = new Map<string, Output>();
  readonly #biases = new Map<string, Bias>();
  readonly #driven = new Map<string, boolean>();
  readonly #listeners = new Map<string, Set<(change: LevelChange) => void>>();
  readonly #history: LevelChange[] = [];

  constructor(clock: Clock, onChanges: (changes: readonly LevelChange[]) => void) {
    this.#clock = clock;
    this.#onChanges = onChanges;
  }

  now(): bigint {
    return BigInt(Math.round(this.#clock.now() * 1e6));
  }

  level(address: LineAddress): boolean {
    return this.#wire(address).level;
  }

  isOutput(address: LineAddress): boolean {
    return this.#outputs.has(describeLine(address));
  }

  history(address?: LineAddress): readonly LevelChange[] {
    if (address === undefined) return [...this.#history];
    const key = describeLine(address);
    return this.#history.filter((change) => describeLine(change.address) === key);
  }

  onChange(address: LineAddress, listener: (change: LevelChange) => void): () => void {
    const key = describeLine(address);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  drive(address: LineAddress, isHigh: boolean, time?: bigint): void {
    this.#driven.set(describeLine(address), isHigh);
    this.#settle([address], time);
  }

  release(address: LineAddress): void {
    this.#driven.delete(describeLine(address));
    this.#settle([address]);
  }

  setBias(address: LineAddress, bias: Bias | undefined): void {
    if (bias === undefined) return;
    this.#biases.set(describeLine(address), bias);
    this.#settle([address]);
  }

  /** Several at once: nobody sees one of them changed and another not. */
  setOutputs(outputs: readonly { readonly address: LineAddress; readonly isHigh: boolean; readonly drive: Drive }[]): void {
    const changed: LevelChange[] = [];
    const time = this.now();
    for (const { address, isHigh, drive } of outputs) {
      const key = describeLine(address);
      const before = this.#outputs.get(key)?.isHigh ?? this.level(address);
      this.#outputs.set(key, { drive, isHigh });
      if (before !== isHigh) changed.push({ address, isHigh, time });
    }
    this.#history.push(...changed);
    this.#settle(
      outputs.map(({ address }) => address),
      time,
    );
  }

  /** The line keeps its level, as on most boards. */
  removeOutput(address: LineAddress): void {
    this.#outputs.delete(describeLine(address));
    this.#settle([address]);
  }

  connect(a: LineAddress, b: LineAddress): void {
    const kept = this.#wire(a);
    const gone = this.#wire(b);
    if (kept === gone) return;
    for (const member of gone.members) {
      kept.members.push(member);
      this.#wires.set(describeLine(member), kept);
    }
    this.#settle([a]);
  }

  #wire(address: LineAddress): Wire {
    const key = describeLine(address);
    const known = this.#wires.get(key);
    if (known !== undefined) return known;
    const wire: Wire = { members: [address], level: false };
    this.#wires.set(key, wire);
    return wire;
  }

  #settle(addresses: readonly LineAddress[], time: bigint = this.now()): void {
    const changes: LevelChange[] = [];
    for (const wire of new Set(addresses.map((address) => this.#wire(address)))) {
      const level = this.#levelOf(wire);
      if (level === wire.level) continue;
      wire.level = level;
      changes.push(...wire.members.map((address) => ({ address, isHigh: level, time })));
    }
    if (changes.length === 0) return;
    this.#onChanges(changes);
    for (const change of changes) {
      for (const listener of [...(this.#listeners.get(describeLine(change.address)) ?? [])]) listener(change);
    }
  }

  /** Outputs first, then the world outside, then bias; else it stays. */
  #levelOf(wire: Wire): boolean {
    const keys = wire.members.map(describeLine);
    for (const key of keys) {
      const output = this.#outputs.get(key);
      if (output === undefined) continue;
      if (output.drive === "push-pull" || output.isHigh === (output.drive === "open-source")) return output.isHigh;
    }
    for (const key of keys) {
      const driven = this.#driven.get(key);
      if (driven !== undefined) return driven;
    }
    for (const key of keys) {
      const bias = this.#biases.get(key);
      if (bias === "up" || bias === "down") return bias === "up";
    }
    return wire.level;
  }
}
