/** The pins of a board as devices wired to them use them, whether the board is of this module or of another. */
import type { ResourceLogger } from "pinion/sdk";

/** Who takes pins: named to others that want the same. */
export interface PinUser {
  /** The resource's name. */
  readonly name: string;
  readonly logger: ResourceLogger;
}

export interface PinSource {
  /** The board's name. */
  readonly board: string;
  /** The pins are driven low, all at once, from the first moment. */
  openOutputs(pins: readonly string[], user: PinUser): Promise<OutputPins>;
  /** A pin that several users share: on while any of them has it on. */
  openEnable(pin: string, isActiveLow: boolean, user: PinUser): Promise<EnablePin>;
  /** `isExact`: for what software cannot pulse well enough, as a servo. Off from the first moment. */
  openPwm(pin: string, options: { readonly isExact: boolean }, user: PinUser): Promise<PwmPin>;
  /** Names of pins or of digital interrupts. Edges of pins that are watched together come in order. */
  watch(pins: readonly string[], user: PinUser, onEdge: (edge: PinEdge) => void): Promise<WatchedPins>;
}

export interface OutputPins {
  /** In the order of the pins; undefined leaves one as it is. */
  set(levels: readonly (boolean | undefined)[]): Promise<void>;
  /** Low, then let go. */
  close(): Promise<void>;
}

export interface EnablePin {
  set(isOn: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface PwmPin {
  /** `unknown`: of a board of another module. */
  readonly kind: "hardware" | "software" | "unknown";
  /** Hertz that the pin was set to before it was taken; 0 for none. */
  readonly frequency: number;
  /** Hertz; `duty` 0 to 1, where 0 and 1 are steady levels. */
  set(frequency: number, duty: number): Promise<void>;
  /** Low, then let go. */
  close(): Promise<void>;
}

export interface PinEdge {
  /** Index among the pins. */
  readonly index: number;
  readonly isHigh: boolean;
  /** Nanoseconds; only differences mean something. */
  readonly time: bigint;
}

export interface WatchedPins {
  /** Whether times of edges are the kernel's; undefined for a board of another module, which does not say. */
  readonly hasKernelTime: boolean | undefined;
  /** Edges dropped because they came faster than they were read. */
  readonly lost: number;
  /** Why edges are not told any more. */
  readonly failure: Error | undefined;
  /** The levels now. */
  get(): Promise<readonly boolean[]>;
  close(): Promise<void>;
}
