/** An encoder with two signals a quarter of a period apart, A and B, of which every edge counts. */
import type { Clock } from "pinion/hardware";
import {
  type DependencyNames,
  type Encoder,
  type EncoderPosition,
  type EncoderProperties,
  type EncoderUnit,
  type Lifecycle,
  type ResourceContext,
  type ResourceLogger,
  unavailable,
  unimplemented,
  type Values,
} from "pinion/sdk";
import type { WatchedPins } from "../pins/pin-source.js";
import type { Rig } from "../rig.js";
import { type IncrementalAttributes, needsOf } from "./attributes.js";
import { Quadrature } from "./quadrature.js";

export { incrementalSchema as schema } from "./attributes.js";

/** Milliseconds: a fast motor may lose edges a thousand times a second. */
const BETWEEN_WARNINGS = 10_000;

export function validate({ board, pins }: IncrementalAttributes): DependencyNames {
  return needsOf(board, pins);
}

export async function create(context: ResourceContext<IncrementalAttributes>, rig: Rig): Promise<IncrementalEncoder> {
  const { attributes, dependencies, name, logger } = context;
  const encoder = new IncrementalEncoder(logger, rig.timing.clock);
  await encoder.open((onEdge) =>
    rig.boards.find(attributes.board, dependencies).watch([attributes.pins.a, attributes.pins.b], { name, logger }, onEdge),
  );
  return encoder;
}

class IncrementalEncoder implements Encoder, Lifecycle<IncrementalAttributes> {
  readonly #logger: ResourceLogger;
  readonly #clock: Clock;
  #watched: WatchedPins | undefined;
  #counter = new Quadrature(false, false);
  /** What was told of it, and when. */
  #lost = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(logger: ResourceLogger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  async open(watch: (onEdge: (edge: { readonly index: number; readonly isHigh: boolean }) => void) => Promise<WatchedPins>): Promise<void> {
    const early: { readonly index: number; readonly isHigh: boolean }[] = [];
    let isReady = false;
    const watched = await watch((edge) => (isReady ? this.#count(edge) : void early.push(edge)));
    try {
      const [isHighA = false, isHighB = false] = await watched.get();
      this.#counter = new Quadrature(isHighA, isHighB);
    } catch (error) {
      await watched.close();
      throw error;
    }
    this.#watched = watched;
    isReady = true;
    // What came before the levels were read is in them.
    for (const edge of early) this.#counter.edge(signalOf(edge.index), edge.isHigh);
  }

  async getPosition(unit?: EncoderUnit): Promise<EncoderPosition> {
    if (unit === "degrees") throw unimplemented("an incremental encoder counts ticks, and knows no degrees");
    const failure = this.#watched?.failure;
    if (failure !== undefined) throw unavailable(failure.message, { cause: failure });
    return { value: this.#counter.ticks, unit: "ticks" };
  }

  async resetPosition(): Promise<void> {
    this.#counter.reset();
  }

  async getProperties(): Promise<EncoderProperties> {
    return { ticksSupported: true, degreesSupported: false };
  }

  async getStatus(): Promise<Values> {
    return { ticks: this.#counter.ticks, edges_lost: this.#watched?.lost ?? 0 };
  }

  async close(): Promise<void> {
    await this.#watched?.close();
  }

  #count({ index, isHigh }: { readonly index: number; readonly isHigh: boolean }): void {
    this.#counter.edge(signalOf(index), isHigh);
    const lost = this.#watched?.lost ?? 0;
    if (lost !== this.#lost && this.#clock.now() - this.#toldAt >= BETWEEN_WARNINGS) {
      this.#lost = lost;
      this.#toldAt = this.#clock.now();
      this.#logger.warn("edges came faster than they were read: the position is off by some ticks", { edges_lost: lost });
    }
  }
}

function signalOf(index: number): "a" | "b" {
  return index === 0 ? "a" : "b";
}
