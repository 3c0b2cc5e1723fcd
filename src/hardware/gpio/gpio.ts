/**
 * GPIO lines, whatever the kernel offers them through. Calls are synchronous: each is one short system call.
 * Levels are logical: with `isActiveLow`, high is the low voltage.
 */

/** A line: the label of its chip (for example `pinctrl-rp1`), and its offset there. Numbers of chips and global numbers move between boots and are never used. */
export interface LineAddress {
  readonly chip: string;
  readonly offset: number;
}

export type GpioBackend = "character-device" | "sysfs" | "fake";
export type Bias = "up" | "down" | "none";
export type Drive = "push-pull" | "open-drain" | "open-source";

export interface LineOptions {
  /** Who holds the line, shown to others: the resource's name. */
  readonly consumer: string;
  readonly isActiveLow?: boolean;
  /** Left out: as it is. Refused by sysfs, with what to do. */
  readonly bias?: Bias;
}

export interface OutputOptions extends LineOptions {
  /** In the order of the lines; the lines never have another level in between. */
  readonly initial: readonly boolean[];
  /** Left out: push-pull. */
  readonly drive?: Drive;
}

export interface EdgeOptions extends LineOptions {
  /** Left out: both. */
  readonly edges?: "rising" | "falling" | "both";
  /** Microseconds; a level must last this long to count. By the kernel or the controller, not by timers of ours. */
  readonly debounce?: number;
}

/** An edge of one of the lines of a request. */
export interface Edge {
  /** Index among the request's lines. */
  readonly index: number;
  readonly isHigh: boolean;
  /** Nanoseconds of CLOCK_MONOTONIC, by the kernel when the edge came; by us when it was seen, with sysfs. */
  readonly time: bigint;
}

/** Several lines in one request: levels are set and read together, edges keep their order. All methods throw after `close`. */
export interface Lines {
  readonly addresses: readonly LineAddress[];
  get(): boolean[];
  close(): void;
}

export interface OutputLines extends Lines {
  /** In the order of the lines; undefined leaves one as it is. */
  set(levels: readonly (boolean | undefined)[]): void;
}

export interface EdgeLines extends Lines {
  /** Whether `Edge.time` is the kernel's. */
  readonly hasKernelTime: boolean;
  /** Edges that the kernel dropped because they came faster than they were read. */
  readonly lost: number;
}

export interface ChipInfo {
  readonly label: string;
  /** `gpiochip0`, as it is at this boot. */
  readonly name: string;
  readonly lines: number;
}

export interface LineInfo extends LineAddress {
  /** The kernel's name of the line, for example `GPIO17` or `PQ.05`; empty when it has none. */
  readonly name: string;
  /** Who holds it; empty when free. */
  readonly consumer: string;
  readonly isUsed: boolean;
  readonly isOutput: boolean;
}

/**
 * Errors are PinionErrors: GPIO_CHIP_MISSING (with the labels there are), GPIO_LINE_MISSING, GPIO_LINE_BUSY (by whom), GPIO_PERMISSION (which group),
 * GPIO_UNSUPPORTED (what this back end cannot do, and which can), GPIO_FAILED.
 */
export interface Gpio {
  readonly backend: GpioBackend;
  chips(): readonly ChipInfo[];
  lineInfo(address: LineAddress): LineInfo;
  /** The line with this name of the kernel's. Throws when none or several have it. */
  findLine(name: string): LineAddress;
  openInputs(lines: readonly LineAddress[], options: LineOptions): Lines;
  openOutputs(lines: readonly LineAddress[], options: OutputOptions): OutputLines;
  /** `onEdges` gets what was read at once, in order; it must not throw. */
  watch(lines: readonly LineAddress[], options: EdgeOptions, onEdges: (edges: readonly Edge[]) => void): EdgeLines;
  /** Closes all requests still open. */
  close(): void;
}
