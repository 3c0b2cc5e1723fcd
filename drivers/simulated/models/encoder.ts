/** An encoder. It turns when a simulated motor names it; alone it stands still. */
import type { Encoder, EncoderPosition, EncoderProperties, EncoderUnit, Lifecycle, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { TickDisc } from "../physics/tick-disc.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";

export interface EncoderAttributes {
  readonly ticks_per_rotation: number;
}

export const schema: v.GenericSchema<unknown, EncoderAttributes> = v.object({ ticks_per_rotation: positive(360) });

export function create({ attributes, fullName }: ResourceContext<EncoderAttributes>, world: World): SimulatedEncoder {
  return new SimulatedEncoder(fullName, new TickDisc(attributes.ticks_per_rotation), world);
}

class SimulatedEncoder implements Encoder, Lifecycle<EncoderAttributes> {
  readonly #fullName: string;
  readonly #disc: TickDisc;
  readonly #world: World;

  constructor(fullName: string, disc: TickDisc, world: World) {
    this.#fullName = fullName;
    this.#disc = disc;
    this.#world = world;
    world.encoders.set(fullName, disc);
  }

  async getPosition(unit: EncoderUnit = "ticks"): Promise<EncoderPosition> {
    return { unit, value: unit === "ticks" ? this.#disc.ticks() : this.#disc.degrees() };
  }

  async resetPosition(): Promise<void> {
    this.#disc.reset();
  }

  async getProperties(): Promise<EncoderProperties> {
    return { ticksSupported: true, degreesSupported: true };
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return { ticks: this.#disc.ticks(), ticks_per_rotation: this.#disc.ticksPerRotation };
  }

  close(): void {
    if (this.#world.encoders.get(this.#fullName) === this.#disc) this.#world.encoders.delete(this.#fullName);
  }
}
