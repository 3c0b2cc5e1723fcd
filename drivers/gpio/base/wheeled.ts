/** A base with motors on its left and right side, that steers by their difference. */
import type { Clock } from "pinion/hardware";
import {
  type Base,
  type BaseProperties,
  type CallOptions,
  type Geometry,
  invalidArgument,
  type ResourceContext,
  type ResourceLogger,
  type Values,
  type Vector3,
} from "pinion/sdk";
import { assertNumber } from "../assert-number.js";
import { OneOperation } from "../one-operation.js";
import type { Rig } from "../rig.js";
import { pause } from "../timing.js";
import type { WheeledAttributes } from "./attributes.js";
import { mixPower, type Sides, SLOWEST_RPM, spinMove, straightMove, type Wheelbase, type WheelMove, wheelSpeeds } from "./steering.js";
import { type Wheel, Wheels } from "./wheels.js";

export { schema, validate } from "./attributes.js";

/** Slower is a stop: mm/s, degrees per second. */
const STANDSTILL = 0.0001;
/** Milliseconds in which a motor has to take a power or speed. */
const SET_TIMEOUT = 2000;
/** While a velocity is kept: how often the motors are looked after, milliseconds. */
const WATCH_INTERVAL = 500;

export function create({ attributes, dependencies, config, logger }: ResourceContext<WheeledAttributes>, rig: Rig): WheeledBase {
  return new WheeledBase({
    wheels: new Wheels(attributes, dependencies),
    wheelbase: { width: attributes.width_mm, circumference: attributes.wheel_circumference_mm, slip: attributes.spin_slip_factor },
    geometry: config.frame?.geometry,
    logger,
    clock: rig.timing.clock,
  });
}

interface WheeledBaseParts {
  readonly wheels: Wheels;
  readonly wheelbase: Wheelbase;
  readonly geometry: Geometry | undefined;
  readonly logger: ResourceLogger;
  readonly clock: Clock;
}

export class WheeledBase implements Base {
  readonly #wheels: Wheels;
  readonly #wheelbase: Wheelbase;
  readonly #geometry: Geometry | undefined;
  readonly #logger: ResourceLogger;
  readonly #clock: Clock;
  readonly #operation = new OneOperation();
  /** How often `stop` was called. */
  #stops = 0;
  /** Settles when the motors have answered to all stops; never rejects. */
  #stopping: Promise<unknown> = Promise.resolve();
  /** Why the velocity that was set is not kept any more. */
  #lastError: Error | undefined;

  constructor({ wheels, wheelbase, geometry, logger, clock }: WheeledBaseParts) {
    this.#wheels = wheels;
    this.#wheelbase = wheelbase;
    this.#geometry = geometry;
    this.#logger = logger;
    this.#clock = clock;
  }

  async moveStraight(distance: number, speed: number, options?: CallOptions): Promise<void> {
    assertNumber("distance_mm", distance);
    assertNumber("mm_per_sec", speed);
    if (distance === 0 || Math.abs(speed) < STANDSTILL) return await this.stop();
    await this.#move("mm_per_sec", speed, straightMove(this.#wheelbase, distance, speed), options);
  }

  async spin(angle: number, speed: number, options?: CallOptions): Promise<void> {
    assertNumber("angle_deg", angle);
    assertNumber("degs_per_sec", speed);
    if (angle === 0 || Math.abs(speed) < STANDSTILL) return await this.stop();
    await this.#move("degs_per_sec", speed, spinMove(this.#wheelbase, angle, speed), options);
  }

  async setPower(linear: Vector3, angular: Vector3, options?: CallOptions): Promise<void> {
    assertNumber("linear.y", linear.y);
    assertNumber("angular.z", angular.z);
    if (linear.y === 0 && angular.z === 0) return await this.stop();
    const power = mixPower(linear.y, angular.z);
    this.#lastError = undefined;
    await this.#operation.run(async (signal) => {
      await this.#set(({ side, motor }, limits) => motor.setPower(power[side], limits), signal, options?.signal);
    }, options?.signal);
  }

  async setVelocity(linear: Vector3, angular: Vector3, options?: CallOptions): Promise<void> {
    assertNumber("linear.y", linear.y);
    assertNumber("angular.z", angular.z);
    const speeds = wheelSpeeds(this.#wheelbase, linear.y, angular.z);
    if (isStill(speeds.left) && isStill(speeds.right)) return await this.stop();
    await this.#keepSpeeds(speeds, options?.signal);
  }

  async stop(): Promise<void> {
    this.#stops += 1;
    const ended = this.#operation.end();
    const stopped = this.#wheels.stop();
    this.#stopping = Promise.allSettled([this.#stopping, stopped]);
    await Promise.all([stopped, ended]);
  }

  async isMoving(): Promise<boolean> {
    return (await this.#wheels.standing(this.#wheels.all)).length < this.#wheels.all.length;
  }

  async getProperties(): Promise<BaseProperties> {
    const { width, circumference } = this.#wheelbase;
    return { width: width / 1000, turningRadius: 0, wheelCircumference: circumference / 1000 };
  }

  /** That of the config's frame. */
  async getGeometries(): Promise<readonly Geometry[]> {
    return this.#geometry === undefined ? [] : [this.#geometry];
  }

  async getStatus(): Promise<Values> {
    return {
      is_moving: await this.isMoving(),
      ...(this.#lastError === undefined ? {} : { last_error: this.#lastError.message }),
    };
  }

  async #move(field: string, speed: number, { rpm, revolutions }: WheelMove, options: CallOptions | undefined): Promise<void> {
    if (rpm < SLOWEST_RPM) {
      const least = (Math.abs(speed) * SLOWEST_RPM) / rpm;
      throw invalidArgument(
        `${field}: expected at least ${least.toPrecision(2)}, which turns the wheels at ${SLOWEST_RPM} rpm, got ${speed}`,
      );
    }
    this.#lastError = undefined;
    await this.#operation.run(async (signal) => {
      await this.#stopping;
      if (signal.aborted) return;
      await this.#wheels.each(({ side, motor }, either) => motor.goFor(rpm, revolutions[side], { signal: either }), signal);
    }, options?.signal);
  }

  /** Resolves when all turn; what goes wrong later stops all, and is logged and shown. */
  async #keepSpeeds(speeds: Sides, caller: AbortSignal | undefined): Promise<void> {
    this.#lastError = undefined;
    const give = ({ side, motor }: Wheel, limits: CallOptions): Promise<void> =>
      isStill(speeds[side]) ? motor.stop(limits) : motor.setRpm(speeds[side], limits);
    const keep = async (signal: AbortSignal, begun: () => void): Promise<void> => {
      caller?.throwIfAborted();
      await this.#set(give, signal, caller);
      caller?.throwIfAborted();
      begun();
      await this.#watch(signal);
    };
    await this.#operation.begin(keep, (error) => {
      this.#lastError = error;
      this.#logger.error("stopped: the velocity can not be kept any more", { error });
    });
  }

  /** Rejects, with all motors stopped, when one that turned does not any more. */
  async #watch(signal: AbortSignal): Promise<void> {
    let turning: readonly Wheel[] | undefined;
    while (!signal.aborted) {
      try {
        const standing = await this.#wheels.standing(turning ?? this.#wheels.all);
        // One that got too little power to turn has not failed.
        turning ??= this.#wheels.all.filter((wheel) => !standing.includes(wheel));
        const stopped = standing.find((wheel) => turning?.includes(wheel));
        if (stopped !== undefined) throw await reasonOf(stopped);
      } catch (error) {
        if (signal.aborted) return;
        await this.#wheels.stop();
        throw error;
      }
      await pause(this.#clock, WATCH_INTERVAL, signal);
    }
  }

  /** Tells all motors something that lasts. What begins while they are told comes after it, and a stop in the meantime wins. */
  async #set(
    action: (wheel: Wheel, limits: CallOptions) => Promise<void>,
    signal: AbortSignal,
    caller: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    await this.#stopping;
    if (signal.aborted) return;
    const stops = this.#stops;
    await this.#wheels.each((wheel, either) => action(wheel, { signal: either, timeout: SET_TIMEOUT }), caller);
    if (this.#stops !== stops) await this.#wheels.stop();
  }
}

function isStill(rpm: number): boolean {
  return Math.abs(rpm) < SLOWEST_RPM;
}

async function reasonOf({ name, motor }: Wheel): Promise<Error> {
  const { last_error: reason = "it was stopped" } = await motor.getStatus({ timeout: SET_TIMEOUT });
  return new Error(`motor "${name}" does not turn any more: ${String(reason)}`);
}
