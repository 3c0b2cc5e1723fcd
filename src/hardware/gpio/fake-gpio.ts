/**
 * GPIO in memory, with the kernel's rules: a line belongs to one request, edges only as asked, no other level before the first.
 * Levels of the test's side (`drive`, `level`, `history`) are those of the wire; `isActiveLow` concerns only the side that is tested.
 */
import { type Clock, systemClock } from "../../base/clock.js";
import { PinionError } from "../../base/errors.js";
import { FakeRequest } from "./fake-request.js";
import { FakeWires, type LevelChange } from "./fake-wires.js";
import type {
  ChipInfo,
  Edge,
  EdgeLines,
  EdgeOptions,
  Gpio,
  LineAddress,
  LineInfo,
  LineOptions,
  Lines,
  OutputLines,
  OutputOptions,
} from "./gpio.js";
import { assertLine, assertRequestable, chipMissing, describeLine, lineBusy, onlyLineNamed } from "./gpio-errors.js";

export interface FakeChip {
  readonly label: string;
  readonly lines: number;
  /** The kernel's names of lines, by offset. */
  readonly names?: Readonly<Record<number, string>>;
}

export interface FakeGpioOptions {
  /** Left out: one of 54 lines, `pinctrl-rp1`, as on a Raspberry Pi 5. */
  readonly chips?: readonly FakeChip[];
  /** Times of edges, and debounce. Left out: the system's. */
  readonly clock?: Clock;
}

/** What can be made to fail. */
export type FakeGpioCall = "open" | "get" | "set";

export class FakeGpio implements Gpio {
  readonly backend = "fake";
  readonly #clock: Clock;
  readonly #chips = new Map<string, FakeChip>();
  readonly #requests = new Set<FakeRequest>();
  readonly #hogs = new Map<string, string>();
  readonly #wires: FakeWires;
  #faults: { readonly call: FakeGpioCall; readonly error: Error; left: number }[] = [];
  /** Calls of the tested side that are on the stack: what they cause reaches watchers later, as from a kernel. */
  #depth = 0;

  constructor({ chips = [{ label: "pinctrl-rp1", lines: 54 }], clock = systemClock }: FakeGpioOptions = {}) {
    this.#clock = clock;
    for (const chip of chips) this.#chips.set(chip.label, chip);
    this.#wires = new FakeWires(clock, (changes) => this.#deliver(changes));
  }

  // The tested side.

  chips(): readonly ChipInfo[] {
    return [...this.#chips.values()].map(({ label, lines }, index) => ({ label, name: `gpiochip${index}`, lines }));
  }

  lineInfo(address: LineAddress): LineInfo {
    const chip = this.#chip(address);
    const holder = this.#holder(address);
    return {
      chip: address.chip,
      offset: address.offset,
      name: chip.names?.[address.offset] ?? "",
      consumer: holder ?? "",
      isUsed: holder !== undefined,
      isOutput: this.#wires.isOutput(address),
    };
  }

  findLine(name: string): LineAddress {
    const found = [...this.#chips.values()].flatMap(({ label, names = {} }) =>
      Object.entries(names)
        .filter(([, other]) => other === name)
        .map(([offset]) => ({ chip: label, offset: Number(offset) })),
    );
    return onlyLineNamed(name, found);
  }

  openInputs(lines: readonly LineAddress[], options: LineOptions): Lines {
    return this.#open(lines, options, { kind: "inputs" });
  }

  openOutputs(lines: readonly LineAddress[], options: OutputOptions): OutputLines {
    return this.#open(lines, options, { kind: "outputs", initial: options.initial, drive: options.drive ?? "push-pull" });
  }

  watch(lines: readonly LineAddress[], options: EdgeOptions, onEdges: (edges: readonly Edge[]) => void): EdgeLines {
    return this.#open(lines, options, { kind: "edges", edges: options.edges ?? "both", debounce: options.debounce ?? 0, onEdges });
  }

  close(): void {
    for (const request of [...this.#requests]) request.close();
  }

  // The test's side.

  /** A chip comes, for example one of an expander. */
  addChip(chip: FakeChip): void {
    this.#chips.set(chip.label, chip);
  }

  /** A chip goes: requests of its lines fail from now on. */
  removeChip(label: string): void {
    this.#chips.delete(label);
  }

  /** The world outside puts a level on the wire. `time`: of the edge, in nanoseconds; left out: the clock's. */
  drive(address: LineAddress, isHigh: boolean, time?: bigint): void {
    this.#chip(address);
    this.#wires.drive(address, isHigh, time);
  }

  /** The world outside lets go of the wire: bias decides, without one it keeps its level. */
  release(address: LineAddress): void {
    this.#wires.release(address);
  }

  /** Joins two lines for good. Who drives one is read on the other. */
  connect(a: LineAddress, b: LineAddress): void {
    this.#wires.connect(a, b);
  }

  /** The level of the wire. */
  level(address: LineAddress): boolean {
    return this.#wires.level(address);
  }

  /** What it is used as; undefined when nobody has it. */
  direction(address: LineAddress): "input" | "output" | undefined {
    if (this.#wires.isOutput(address)) return "output";
    return this.#requestOf(address) === undefined ? undefined : "input";
  }

  /** Changes of the levels that requests of outputs drove, oldest first; of one line, or of all. */
  history(address?: LineAddress): readonly LevelChange[] {
    return this.#wires.history(address);
  }

  /** Called at once for every change of the wire's level, by whomever; for what answers, as an ultrasonic sensor does. Returns what ends it. */
  onChange(address: LineAddress, listener: (change: LevelChange) => void): () => void {
    return this.#wires.onChange(address, listener);
  }

  /** Something else holds the line, as a driver of the kernel may. */
  hog(address: LineAddress, consumer: string): void {
    this.#hogs.set(describeLine(address), consumer);
  }

  unhog(address: LineAddress): void {
    this.#hogs.delete(describeLine(address));
  }

  /** The next `times` calls throw `error` (left out: a GPIO_FAILED as after an unplugged chip). */
  fail(call: FakeGpioCall, times = 1, error: Error = new PinionError("GPIO_FAILED", `GPIO ${call} failed: EIO`)): void {
    this.#faults.push({ call, error, left: times });
  }

  heal(): void {
    this.#faults = [];
  }

  /** The next `count` edges of the line are not delivered and count as lost, as when they come faster than they are read. */
  loseEdges(address: LineAddress, count: number): void {
    const request = this.#requestOf(address);
    if (request === undefined) throw new PinionError("GPIO_FAILED", `nobody watches ${describeLine(address)}`);
    request.loseEdges(address, count);
  }

  /** Delivers now what waits to be delivered. */
  flush(): void {
    for (const request of this.#requests) request.flush();
  }

  /** Requests that are open. */
  get openRequests(): readonly { readonly consumer: string; readonly addresses: readonly LineAddress[] }[] {
    return [...this.#requests].map(({ consumer, addresses }) => ({ consumer, addresses }));
  }

  #open(lines: readonly LineAddress[], options: LineOptions, use: ConstructorParameters<typeof FakeRequest>[0]["use"]): FakeRequest {
    this.#throwFault("open");
    assertRequestable(lines);
    for (const line of lines) {
      this.#chip(line);
      const holder = this.#holder(line);
      if (holder !== undefined) throw lineBusy(line, holder);
    }
    const request = new FakeRequest({
      addresses: lines.map(({ chip, offset }) => ({ chip, offset })),
      options,
      use,
      wires: this.#wires,
      clock: this.#clock,
      run: (call, action) => this.#run(call, action, lines),
      onClose: () => this.#requests.delete(request),
    });
    this.#requests.add(request);
    this.#run(undefined, () => request.start(), lines);
    return request;
  }

  /** A call of the tested side. */
  #run<T>(call: FakeGpioCall | undefined, action: () => T, lines: readonly LineAddress[]): T {
    if (call !== undefined) {
      this.#throwFault(call);
      for (const line of lines) this.#chip(line);
    }
    this.#depth += 1;
    try {
      return action();
    } finally {
      this.#depth -= 1;
    }
  }

  #deliver(changes: readonly LevelChange[]): void {
    for (const request of [...this.#requests]) request.notice(changes, this.#depth > 0);
  }

  #throwFault(call: FakeGpioCall): void {
    const fault = this.#faults.find((candidate) => candidate.call === call && candidate.left > 0);
    if (fault === undefined) return;
    fault.left -= 1;
    throw fault.error;
  }

  #chip(address: LineAddress): FakeChip {
    const chip = this.#chips.get(address.chip);
    if (chip === undefined) throw chipMissing(address.chip, this.chips());
    assertLine(address, chip.lines);
    return chip;
  }

  #holder(address: LineAddress): string | undefined {
    return this.#hogs.get(describeLine(address)) ?? this.#requestOf(address)?.consumer;
  }

  #requestOf(address: LineAddress): FakeRequest | undefined {
    return [...this.#requests].find((request) => request.has(address));
  }
}
