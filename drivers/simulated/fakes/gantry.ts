/** A gantry whose slides go where they are told. */
import { invalidArgument, type Lifecycle, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { OneMotion } from "../one-motion.js";
import { Sweep } from "../physics/sweep.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";
import type { Gantry } from "./apis.js";

export interface GantryAttributes {
  readonly lengths_mm: readonly number[];
  readonly speed_mm_per_sec: number;
}

export const schema: v.GenericSchema<unknown, GantryAttributes> = v.object({
  lengths_mm: v.optional(v.pipe(v.array(v.pipe(v.number(), v.minValue(0))), v.minLength(1)), [1000]),
  speed_mm_per_sec: positive(2000),
});

export function create({ attributes }: ResourceContext<GantryAttributes>, world: World): Gantry & Lifecycle<GantryAttributes> {
  return new FakeGantry(attributes, world);
}

class FakeGantry implements Gantry, Lifecycle<GantryAttributes> {
  readonly #attributes: GantryAttributes;
  readonly #slides: readonly Sweep[];
  readonly #motion: OneMotion;

  constructor(attributes: GantryAttributes, { clock }: World) {
    this.#attributes = attributes;
    this.#slides = attributes.lengths_mm.map(() => new Sweep(clock.now, 0));
    this.#motion = new OneMotion(clock);
  }

  readonly getPosition: Gantry["getPosition"] = async () => ({ positionsMm: this.#slides.map((slide) => slide.position()) });

  readonly moveToPosition: Gantry["moveToPosition"] = async ({ positionsMm, speedsMmPerSec }, options) => {
    await this.#moveTo(positionsMm, speedsMmPerSec, options?.signal);
    return {};
  };

  readonly home: Gantry["home"] = async (_, options) => {
    await this.#moveTo(
      this.#slides.map(() => 0),
      [],
      options?.signal,
    );
    return { homed: true };
  };

  readonly getLengths: Gantry["getLengths"] = async () => ({ lengthsMm: this.#attributes.lengths_mm });

  readonly stop: Gantry["stop"] = async () => {
    this.#hold();
    return {};
  };

  readonly isMoving: Gantry["isMoving"] = async () => ({ isMoving: this.#slides.some((slide) => slide.isMoving()) });

  close(): void {
    this.#motion.end();
  }

  async #moveTo(positions: readonly number[], speeds: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const { lengths_mm: lengths, speed_mm_per_sec: standard } = this.#attributes;
    if (positions.length !== lengths.length) {
      throw invalidArgument(`positions_mm: expected ${lengths.length} values, one an axis, got ${positions.length}`);
    }
    for (const [index, position] of positions.entries()) {
      const length = lengths[index] ?? 0;
      if (!(position >= 0 && position <= length)) throw invalidArgument(`positions_mm[${index}]: expected 0 to ${length}, got ${position}`);
    }
    this.#motion.end();
    const speedOf = (index: number): number => {
      const speed = Math.abs(speeds[index] ?? 0);
      return speed > 0 ? speed : standard;
    };
    const arrivals = this.#slides.map((slide, index) => slide.goTo(positions[index] ?? 0, speedOf(index)));
    await this.#motion.run({ until: Math.max(...arrivals), signal, onArrival: () => undefined, onAbort: () => this.#hold() });
  }

  #hold(): void {
    for (const slide of this.#slides) slide.hold();
    this.#motion.end();
  }
}
