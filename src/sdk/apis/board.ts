/** The board API: GPIO, PWM, analog pins, digital interrupts, power mode. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Pins have the names the board's driver documents, for example "37" or "GPIO26". An unknown pin fails with INVALID_ARGUMENT. */
export interface Board extends Resource {
  setGpio(pin: string, isHigh: boolean, options?: CallOptions): Promise<void>;
  getGpio(pin: string, options?: CallOptions): Promise<boolean>;
  /** The duty cycle, 0 to 1. */
  getPwm(pin: string, options?: CallOptions): Promise<number>;
  /** `dutyCycle` from 0 to 1. */
  setPwm(pin: string, dutyCycle: number, options?: CallOptions): Promise<void>;
  /** Hertz. */
  getPwmFrequency(pin: string, options?: CallOptions): Promise<number>;
  /** Hertz, a whole number; 0 for the driver's default. */
  setPwmFrequency(pin: string, frequency: number, options?: CallOptions): Promise<void>;
  readAnalog(reader: string, options?: CallOptions): Promise<AnalogReading>;
  /** `value` in the converter's own steps. */
  writeAnalog(pin: string, value: number, options?: CallOptions): Promise<void>;
  /** How often the interrupt fired since the driver started. */
  getDigitalInterruptValue(interrupt: string, options?: CallOptions): Promise<number>;
  /**
   * Edges of these interrupts, from the moment the promise resolves until the consumer leaves the loop or the signal aborts.
   * An implementation listens before it resolves, so that no edge is lost.
   */
  streamTicks(interrupts: readonly string[], options?: CallOptions): Promise<AsyncIterable<Tick>>;
  /** `duration` in milliseconds; without it until told otherwise. */
  setPowerMode(mode: PowerMode, duration?: number, options?: CallOptions): Promise<void>;
}

/** One reading of an analog pin. */
export interface AnalogReading {
  /** In the converter's own steps. */
  readonly value: number;
  /** Volts at the lowest and highest step, and volts of one step; 0 when not known. */
  readonly minRange: number;
  readonly maxRange: number;
  readonly stepSize: number;
}

/** One edge of a digital interrupt. */
export interface Tick {
  /** The interrupt's name. */
  readonly pin: string;
  /** Nanoseconds of a clock of the board: only differences mean something. */
  readonly time: bigint;
  readonly isHigh: boolean;
}

/** What a board may save power with. */
export type PowerMode = "normal" | "offline-deep";

/** `rdk:component:board` */
export const board: ResourceApi<Board> = createApi(
  "rdk:component:board",
  "viam.component.board.v1.BoardService",
  async () => (await import("../adapters/board-adapter.js")).boardAdapter,
);
