/** An encoder with one signal: it counts edges, and takes the direction from the motor that turns it. */
import {
  type DependencyNames,
  type Encoder,
  type EncoderPosition,
  type EncoderProperties,
  type EncoderUnit,
  type Lifecycle,
  type ResourceContext,
  unavailable,
  unimplemented,
  type Values,
} from "pinion/sdk";
import type { WatchedPins } from "../pins/pin-source.js";
import type { DirectedEncoder, Rig } from "../rig.js";
import { needsOf, type SingleAttributes } from "./attributes.js";

export { singleSchema as schema } from "./attributes.js";

export function validate({ board, pins }: SingleAttributes): DependencyNames {
  return needsOf(board, pins);
}

export async function create(context: ResourceContext<SingleAttributes>, rig: Rig): Promise<SingleEncoder> {
  const { attributes, dependencies, name, fullName, logger } = context;
  const encoder = new SingleEncoder(() => {
    if (rig.directedEncoders.get(fullName) === encoder) rig.directedEncoders.delete(fullName);
  });
  const source = rig.boards.find(attributes.board, dependencies);
  encoder.watched = await source.watch([attributes.pins.i], { name, logger }, () => encoder.edge());
  rig.directedEncoders.set(fullName, encoder);
  return encoder;
}

class SingleEncoder implements Encoder, DirectedEncoder, Lifecycle<SingleAttributes> {
  watched: WatchedPins | undefined;
  readonly #onClose: () => void;
  #ticks = 0;
  #direction: 1 | -1 = 1;
  #isDirected = false;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  edge(): void {
    this.#ticks += this.#direction;
  }

  turn(direction: 1 | -1): void {
    this.#direction = direction;
    this.#isDirected = true;
  }

  async getPosition(unit?: EncoderUnit): Promise<EncoderPosition> {
    if (unit === "degrees") throw unimplemented("a single encoder counts ticks, and knows no degrees");
    const failure = this.watched?.failure;
    if (failure !== undefined) throw unavailable(failure.message, { cause: failure });
    return { value: this.#ticks, unit: "ticks" };
  }

  async resetPosition(): Promise<void> {
    this.#ticks = 0;
  }

  async getProperties(): Promise<EncoderProperties> {
    return { ticksSupported: true, degreesSupported: false };
  }

  async getStatus(): Promise<Values> {
    const direction = this.#direction > 0 ? "forward" : "backward";
    return {
      ticks: this.#ticks,
      direction: this.#isDirected ? direction : "forward, no motor of this module names it",
      edges_lost: this.watched?.lost ?? 0,
    };
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.watched?.close();
  }
}
