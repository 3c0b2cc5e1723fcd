/** A DC motor with a load on its shaft, alone or with one of this module's encoders on it. */
import {
  type CallOptions,
  type DependencyNames,
  failedPrecondition,
  invalidArgument,
  type Lifecycle,
  type Motor,
  type ResourceContext,
  unimplemented,
} from "pinion/sdk";
import * as v from "valibot";
import { OneMotion } from "../one-motion.js";
import { Shaft } from "../physics/shaft.js";
import type { TickDisc } from "../physics/tick-disc.js";
import { positive, resourceName, within } from "../schema.js";
import type { World } from "../world.js";

export interface MotorAttributes {
  readonly max_rpm: number;
  readonly min_power_pct: number;
  readonly max_power_pct: number;
  readonly lag_sec: number;
  readonly encoder?: string | undefined;
  readonly ticks_per_rotation?: number | undefined;
  readonly board?: string | undefined;
}

export const schema: v.GenericSchema<unknown, MotorAttributes> = v.object({
  max_rpm: positive(100),
  min_power_pct: within(0, 1, 0),
  max_power_pct: positive(1),
  lag_sec: positive(0.15),
  encoder: resourceName,
  ticks_per_rotation: v.optional(v.pipe(v.number(), v.minValue(0))),
  board: resourceName,
});

export function validate({ encoder, board, ticks_per_rotation: ticks }: MotorAttributes): DependencyNames {
  if (encoder !== undefined && (ticks ?? 0) === 0) {
    throw invalidArgument(`attributes.ticks_per_rotation: expected a number above 0 beside "encoder", got ${ticks ?? "none"}`);
  }
  return { required: [encoder, board].filter((name) => name !== undefined) };
}

export function create(context: ResourceContext<MotorAttributes>, world: World): SimulatedMotor {
  return new SimulatedMotor(context, world);
}

/** A real driver brakes by shorting the winding: harder than its load slows it down. */
const BRAKE = 0.25;
/** Below this share of power nothing turns. */
const OFF = 0.01;
const SLOWEST_RPM = 0.1;

interface Feedback {
  readonly disc: TickDisc;
  readonly ticksPerRotation: number;
  readonly unmount: () => void;
}

class SimulatedMotor implements Motor, Lifecycle<MotorAttributes> {
  readonly #attributes: MotorAttributes;
  readonly #shaft: Shaft;
  readonly #motion: OneMotion;
  readonly #feedback: Feedback | undefined;
  /** Revolutions that the position reads where the encoder reads 0. */
  #zero = 0;
  #power = 0;

  constructor({ attributes, dependencies, fullName }: ResourceContext<MotorAttributes>, world: World) {
    const { lag_sec: lag, encoder, ticks_per_rotation: ticksPerRotation } = attributes;
    this.#attributes = attributes;
    this.#shaft = new Shaft(world.clock.now, { lag, brakeLag: lag * BRAKE });
    this.#motion = new OneMotion(world.clock);
    if (encoder === undefined || ticksPerRotation === undefined) return;
    const disc = findDisc(world, dependencies.names, encoder, fullName);
    this.#feedback = { disc, ticksPerRotation, unmount: disc.mount(this.#shaft, ticksPerRotation) };
  }

  async setPower(power: number): Promise<void> {
    assertNumber("power_pct", power);
    if (Math.abs(power) <= OFF) return await this.stop();
    const { min_power_pct: least, max_power_pct: most, max_rpm: maxRpm } = this.#attributes;
    this.#power = Math.sign(power) * Math.max(Math.min(Math.abs(power), most, 1), least);
    this.#motion.end();
    this.#shaft.drive((this.#power * maxRpm) / 60);
  }

  async setRpm(rpm: number): Promise<void> {
    const speed = this.#speedOf(rpm);
    this.#motion.end();
    this.#power = (Math.sign(rpm) * speed * 60) / this.#attributes.max_rpm;
    this.#shaft.drive(Math.sign(rpm) * speed);
  }

  async goFor(rpm: number, revolutions: number, options?: CallOptions): Promise<void> {
    assertNumber("revolutions", revolutions);
    const speed = this.#speedOf(rpm);
    if (revolutions === 0) throw invalidArgument("Cannot move motor for 0 revolutions");
    await this.#turn(Math.sign(rpm) * revolutions, speed, options?.signal);
  }

  async goTo(rpm: number, position: number, options?: CallOptions): Promise<void> {
    assertNumber("position_revolutions", position);
    const { disc, ticksPerRotation } = this.#needFeedback();
    const speed = this.#speedOf(rpm);
    await this.#turn(position - this.#zero - disc.exactTicks() / ticksPerRotation, speed, options?.signal);
  }

  /** The place `offset` revolutions ahead becomes zero, so that the position reads `-offset`. */
  async resetZeroPosition(offset: number): Promise<void> {
    assertNumber("offset", offset);
    const { disc } = this.#needFeedback();
    await this.stop();
    disc.reset();
    this.#zero = -offset + 0;
  }

  async getPosition(): Promise<number> {
    const { disc, ticksPerRotation } = this.#needFeedback();
    return disc.ticks() / ticksPerRotation + this.#zero;
  }

  async getProperties(): Promise<{ positionReporting: boolean }> {
    return { positionReporting: this.#feedback !== undefined };
  }

  async stop(): Promise<void> {
    this.#power = 0;
    this.#shaft.brake();
    this.#motion.end();
  }

  async isPowered(): Promise<{ isOn: boolean; power: number }> {
    return { isOn: this.#power !== 0, power: this.#power };
  }

  /** Powered is moving; a shaft that runs out is not, as with a driver that cannot see its shaft. */
  async isMoving(): Promise<boolean> {
    return this.#power !== 0;
  }

  async getStatus(): Promise<Record<string, unknown>> {
    const { angle, speed } = this.#shaft.state();
    return { rpm: speed * 60, revolutions: angle, power_pct: this.#power, is_moving: this.#power !== 0 };
  }

  async close(): Promise<void> {
    this.#motion.end();
    this.#feedback?.unmount();
  }

  async #turn(revolutions: number, speed: number, signal: AbortSignal | undefined): Promise<void> {
    this.#motion.end();
    if (revolutions === 0) return await this.stop();
    const until = this.#shaft.turnTo(this.#shaft.state().angle + revolutions, speed);
    this.#power = (Math.sign(revolutions) * speed * 60) / this.#attributes.max_rpm;
    await this.#motion.run({
      until,
      signal,
      onArrival: () => {
        this.#power = 0;
      },
      onAbort: () => {
        this.#power = 0;
        this.#shaft.brake();
      },
    });
  }

  /** Revolutions per second, positive, at most what the motor can do. */
  #speedOf(rpm: number): number {
    assertNumber("rpm", rpm);
    if (Math.abs(rpm) < SLOWEST_RPM) throw invalidArgument(`Cannot move motor at an RPM that is nearly 0, got ${rpm}`);
    return Math.min(Math.abs(rpm), this.#attributes.max_rpm) / 60;
  }

  #needFeedback(): Feedback {
    if (this.#feedback !== undefined) return this.#feedback;
    throw unimplemented(
      'this motor does not know its position: name one of the simulated encoders in "encoder" and set "ticks_per_rotation"',
    );
  }
}

function findDisc(world: World, dependencies: readonly string[], encoder: string, motor: string): TickDisc {
  const fullName = dependencies.find((name) => name === encoder || name === `rdk:component:encoder/${encoder}`);
  const disc = fullName === undefined ? undefined : world.encoders.get(fullName);
  if (disc !== undefined) return disc;
  throw failedPrecondition(`${motor} cannot turn "${encoder}": expected an encoder of a simulated or fake model, served by this module`);
}

function assertNumber(name: string, value: number): void {
  if (!Number.isFinite(value)) throw invalidArgument(`${name}: expected a finite number, got ${value}`);
}
