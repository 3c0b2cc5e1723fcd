/** A servo whose horn turns to its target at a steady speed. */
import { type CallOptions, type DependencyNames, invalidArgument, type Lifecycle, type ResourceContext, type Servo } from "pinion/sdk";
import * as v from "valibot";
import { OneMotion } from "../one-motion.js";
import { Sweep } from "../physics/sweep.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";

export interface ServoAttributes {
  readonly min_angle_deg: number;
  readonly max_angle_deg: number;
  readonly starting_position_deg?: number | undefined;
  readonly speed_degs_per_sec: number;
}

const degrees = v.pipe(v.number(), v.minValue(0), v.maxValue(3600));

export function schemaWith(speed: number): v.GenericSchema<unknown, ServoAttributes> {
  return v.object({
    min_angle_deg: v.optional(degrees, 0),
    max_angle_deg: v.optional(degrees, 180),
    starting_position_deg: v.optional(degrees),
    speed_degs_per_sec: positive(speed),
  });
}

export const schema: v.GenericSchema<unknown, ServoAttributes> = schemaWith(180);
/** Fakes are used in tests of other programs, which would rather not wait. */
export const fakeSchema: v.GenericSchema<unknown, ServoAttributes> = schemaWith(3600);

export function validate(attributes: ServoAttributes): DependencyNames {
  const { min_angle_deg: least, max_angle_deg: most, starting_position_deg: start = least } = attributes;
  if (least >= most) throw invalidArgument(`attributes.max_angle_deg: expected more than min_angle_deg (${least}), got ${most}`);
  if (start < least || start > most) throw invalidArgument(`attributes.starting_position_deg: expected ${least} to ${most}, got ${start}`);
  return {};
}

export function create({ attributes }: ResourceContext<ServoAttributes>, world: World): SimulatedServo {
  return new SimulatedServo(attributes, world);
}

class SimulatedServo implements Servo, Lifecycle<ServoAttributes> {
  readonly #attributes: ServoAttributes;
  readonly #horn: Sweep;
  readonly #motion: OneMotion;

  constructor(attributes: ServoAttributes, { clock }: World) {
    this.#attributes = attributes;
    this.#horn = new Sweep(clock.now, attributes.starting_position_deg ?? attributes.min_angle_deg);
    this.#motion = new OneMotion(clock);
  }

  /** An angle beyond the ends goes to the end. Resolves when the horn is there or something else moves or stops it. */
  async move(angle: number, options?: CallOptions): Promise<void> {
    const { min_angle_deg: least, max_angle_deg: most, speed_degs_per_sec: speed } = this.#attributes;
    this.#motion.end();
    await this.#motion.run({
      until: this.#horn.goTo(Math.min(Math.max(angle, least), most), speed),
      signal: options?.signal,
      onArrival: () => undefined,
      onAbort: () => this.#horn.hold(),
    });
  }

  async getPosition(): Promise<number> {
    return Math.round(this.#horn.position());
  }

  async stop(): Promise<void> {
    this.#horn.hold();
    this.#motion.end();
  }

  async isMoving(): Promise<boolean> {
    return this.#horn.isMoving();
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return { position_deg: this.#horn.position(), is_moving: this.#horn.isMoving() };
  }

  close(): void {
    this.#motion.end();
  }
}
