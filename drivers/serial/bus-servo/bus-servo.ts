/** A bus servo that turns to angles: `pinion:serial:feetech` and `pinion:serial:dynamixel` as servos. */
import type { Clock } from "pinion/hardware";
import {
  type CallOptions,
  type Lifecycle,
  type ResourceContext,
  type ResourceLogger,
  type Servo,
  unavailable,
  type Values,
} from "pinion/sdk";
import { assertNumber } from "../motor-checks.js";
import { type MotionStep, OneMotion } from "../one-motion.js";
import type { SharedPorts } from "../port/shared-ports.js";
import { StallWatch } from "../stall-watch.js";
import type { PositionAttributes, ServoDescription } from "./servo-attributes.js";
import { ServoUnit } from "./servo-unit.js";

const POLL = 30;
const STALL = 1500;

export async function createBusServo<A extends PositionAttributes>(
  context: ResourceContext<A>,
  description: ServoDescription,
  { ports, clock }: { readonly ports: SharedPorts; readonly clock: Clock },
): Promise<Servo & Lifecycle<A>> {
  const unit = await ServoUnit.open({ context, description, ports, mode: "position" });
  return new BusServo(context, unit, clock);
}

class BusServo implements Servo {
  readonly #attributes: PositionAttributes;
  readonly #unit: ServoUnit;
  readonly #clock: Clock;
  readonly #logger: ResourceLogger;
  readonly #motion: OneMotion;

  constructor({ attributes, logger }: ResourceContext<PositionAttributes>, unit: ServoUnit, clock: Clock) {
    this.#attributes = attributes;
    this.#unit = unit;
    this.#clock = clock;
    this.#logger = logger;
    this.#motion = new OneMotion(clock);
  }

  /** Resolves when it stands there. An angle beyond the ends goes to the end. */
  async move(angle: number, { signal }: CallOptions = {}): Promise<void> {
    assertNumber("angle_deg", angle);
    await this.#motion.run(async (own) => {
      await this.#unit.ready();
      return await this.#begin(angle, own, signal);
    });
  }

  async getPosition(): Promise<number> {
    await this.#unit.ready();
    return this.#toDegrees(await this.#unit.readPosition());
  }

  /** Holds where it is. A servo whose torque is off stays without. */
  async stop(): Promise<void> {
    this.#motion.take();
    await this.#hold();
  }

  async isMoving(): Promise<boolean> {
    await this.#unit.ready();
    return this.#motion.isRunning || (await this.#unit.isMoving());
  }

  async getStatus(): Promise<Values> {
    await this.#unit.ready();
    return { angle_deg: await this.getPosition(), ...(await this.#unit.readStatus()) };
  }

  async close(): Promise<void> {
    this.#motion.take();
    try {
      if (this.#attributes.on_module_end === "release") await this.#unit.setTorque(false);
    } catch (error) {
      this.#logger.warn("the servo could not be released", { error });
    } finally {
      await this.#unit.close();
    }
  }

  async #begin(angle: number, own: AbortSignal, signal: AbortSignal | undefined): Promise<MotionStep> {
    const { family } = this.#unit;
    const goal = this.#toSteps(angle);
    const { speed_degs_per_sec: speed } = this.#attributes;
    const write = family.goal(goal, speed === undefined ? undefined : (speed * family.steps) / family.degrees);
    const sendGoal = (): Promise<void> => this.#unit.write(write, "setting the goal", { signal: own });
    const { generation } = this.#unit.line;
    if (family.isTorqueFirst) await this.#unit.setTorque(true, { signal: own });
    await sendGoal();
    if (!family.isTorqueFirst) await this.#unit.setTorque(true, { signal: own });
    const stepTime = speed === undefined ? 0 : (1000 * family.degrees) / (family.steps * speed);
    const stall = new StallWatch({ clock: this.#clock, limit: Math.max(STALL, 5 * stepTime), least: 1 });
    let previous: number | undefined;
    const isDone = async (): Promise<boolean> => {
      if (this.#unit.line.generation !== generation) throw unavailable(`${this.#unit.name} was away while it moved`);
      const here = await this.#unit.readPosition();
      const left = Math.abs(goal - here);
      const isStill = here === previous;
      previous = here;
      const { alarms } = this.#unit.line;
      if (alarms.length > 0) throw unavailable(`${this.#unit.name} reports ${(await this.#unit.line.readAlarms()).join(", ")}`);
      const degrees = (left * family.degrees) / family.steps;
      if (degrees <= this.#attributes.tolerance_deg && (isStill || !(await this.#unit.isMoving()))) return true;
      stall.check(left, () => `${this.#unit.name} does not get nearer: it is ${degrees.toFixed(1)} degrees from its goal`);
      return false;
    };
    // Arrived, it holds by itself.
    let hasArrived = false;
    return {
      isDone: async () => {
        hasArrived = await isDone();
        return hasArrived;
      },
      end: () => (hasArrived ? Promise.resolve() : this.#hold()),
      period: POLL,
      signal,
    };
  }

  async #hold(): Promise<void> {
    await this.#unit.ready();
    if (!(await this.#unit.hasTorque())) return;
    const here = await this.#unit.readPosition();
    await this.#unit.write(this.#unit.family.goal(here, undefined), "holding the position", { isUrgent: true });
  }

  #toSteps(angle: number): number {
    const { family } = this.#unit;
    const { min_angle_deg: least, max_angle_deg: most = family.degrees } = this.#attributes;
    const within = Math.max(least, Math.min(most, family.degrees, angle));
    return Math.min(family.steps - 1, Math.round((within * family.steps) / family.degrees));
  }

  #toDegrees(steps: number): number {
    const { steps: all, degrees } = this.#unit.family;
    return (steps * degrees) / all;
  }
}
