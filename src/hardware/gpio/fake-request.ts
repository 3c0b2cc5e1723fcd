/** One request of FakeGpio: inputs, outputs or watched lines. */
import type { Clock, Timer } from "../../base/clock.js";
import { millis } from "../../base/millis.js";
import type { FakeWires, LevelChange } from "./fake-wires.js";
import type { Drive, Edge, EdgeLines, EdgeOptions, LineAddress, LineOptions, OutputLines } from "./gpio.js";
import { closedLines, levelCount, sameLine } from "./gpio-errors.js";

type Use =
  | { readonly kind: "inputs" }
  | { readonly kind: "outputs"; readonly initial: readonly boolean[]; readonly drive: Drive }
  | {
      readonly kind: "edges";
      readonly edges: NonNullable<EdgeOptions["edges"]>;
      readonly debounce: number;
      readonly onEdges: (edges: readonly Edge[]) => void;
    };

interface Parts {
  readonly addresses: readonly LineAddress[];
  readonly options: LineOptions;
  readonly use: Use;
  readonly wires: FakeWires;
  readonly clock: Clock;
  /** Wraps calls of the tested side. */
  readonly run: <T>(call: "get" | "set" | undefined, action: () => T) => T;
  readonly onClose: () => void;
}

export class FakeRequest implements OutputLines, EdgeLines {
  readonly addresses: readonly LineAddress[];
  readonly hasKernelTime = true;
  readonly #parts: Parts;
  readonly #isActiveLow: boolean;
  /** Of debounced lines: the level that counts, and the timer that runs while another lasts. */
  readonly #settled: boolean[] = [];
  readonly #timers = new Map<number, Timer>();
  readonly #losses = new Map<number, number>();
  #waiting: Edge[] = [];
  #lost = 0;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.addresses = parts.addresses;
    this.#isActiveLow = parts.options.isActiveLow ?? false;
  }

  get consumer(): string {
    return this.#parts.options.consumer;
  }

  get lost(): number {
    return this.#lost;
  }

  has(address: LineAddress): boolean {
    return this.addresses.some((own) => sameLine(own, address));
  }

  start(): void {
    const { use, wires, options } = this.#parts;
    if (use.kind === "outputs") {
      if (use.initial.length !== this.addresses.length) throw levelCount(this.addresses, use.initial.length);
      this.#drive(use.initial, use.drive);
    }
    for (const address of this.addresses) wires.setBias(address, options.bias);
    for (const [index, address] of this.addresses.entries()) this.#settled[index] = wires.level(address);
  }

  get(): boolean[] {
    this.#assertOpen();
    const { run, wires, use } = this.#parts;
    const isDebounced = use.kind === "edges" && use.debounce > 0;
    return run("get", () =>
      this.addresses.map((address, index) => {
        const level = isDebounced ? (this.#settled[index] ?? false) : wires.level(address);
        return level !== this.#isActiveLow;
      }),
    );
  }

  set(levels: readonly (boolean | undefined)[]): void {
    this.#assertOpen();
    if (levels.length !== this.addresses.length) throw levelCount(this.addresses, levels.length);
    const { run, use } = this.#parts;
    if (use.kind === "outputs") run("set", () => this.#drive(levels, use.drive));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#waiting = [];
    this.#parts.onClose();
    if (this.#parts.use.kind === "outputs") {
      this.#parts.run(undefined, () => {
        for (const address of this.addresses) this.#parts.wires.removeOutput(address);
      });
    }
  }

  /** Levels of wires changed. */
  notice(changes: readonly LevelChange[], isLater: boolean): void {
    const { use } = this.#parts;
    if (use.kind !== "edges" || this.#isClosed) return;
    for (const change of changes) {
      const index = this.addresses.findIndex((own) => sameLine(own, change.address));
      if (index < 0) continue;
      if (use.debounce > 0) this.#debounce(index, change.isHigh, use.debounce);
      else this.#add(index, change.isHigh, change.time);
    }
    if (isLater) queueMicrotask(() => this.flush());
    else this.flush();
  }

  flush(): void {
    const { use } = this.#parts;
    if (use.kind !== "edges" || this.#isClosed || this.#waiting.length === 0) return;
    const edges = this.#waiting;
    this.#waiting = [];
    use.onEdges(edges);
  }

  loseEdges(address: LineAddress, count: number): void {
    const index = this.addresses.findIndex((own) => sameLine(own, address));
    this.#losses.set(index, (this.#losses.get(index) ?? 0) + count);
  }

  #drive(levels: readonly (boolean | undefined)[], drive: Drive): void {
    const outputs = this.addresses.flatMap((address, index) => {
      const level = levels[index];
      return level === undefined ? [] : [{ address, isHigh: level !== this.#isActiveLow, drive }];
    });
    this.#parts.wires.setOutputs(outputs);
  }

  #debounce(index: number, isHigh: boolean, debounce: number): void {
    this.#timers.get(index)?.cancel();
    this.#timers.delete(index);
    if (this.#settled[index] === isHigh) return;
    const timer = this.#parts.clock.after(millis(debounce / 1000), () => {
      this.#timers.delete(index);
      this.#settled[index] = isHigh;
      this.#add(index, isHigh, this.#parts.wires.now());
      this.flush();
    });
    this.#timers.set(index, timer);
  }

  #add(index: number, isWireHigh: boolean, time: bigint): void {
    const { use } = this.#parts;
    if (use.kind !== "edges") return;
    const isHigh = isWireHigh !== this.#isActiveLow;
    if (use.edges !== "both" && isHigh !== (use.edges === "rising")) return;
    const losses = this.#losses.get(index) ?? 0;
    if (losses > 0) {
      this.#losses.set(index, losses - 1);
      this.#lost += 1;
      return;
    }
    this.#waiting.push({ index, isHigh, time });
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedLines(this.addresses);
  }
}
