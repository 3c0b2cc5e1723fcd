/** A bus servo that turns for ever: `pinion:serial:feetech` and `pinion:serial:dynamixel` as motors. */
import type { Clock } from "pinion/hardware";
import {
  type CallOptions,
  failedPrecondition,
  type Lifecycle,
  type Motor,
  type MotorPower,
  type ResourceContext,
  type ResourceLogger,
  unavailable,
  type Values,
} from "pinion/sdk";
import { assertNumber, assertRevolutions, OFF_POWER, speedOf } from "../motor-checks.js";
import { type MotionStep, OneMotion } from "../one-motion.js";
import type { SharedPorts } from "../port/shared-ports.js";
import { StallWatch } from "../stall-watch.js";
import { timedStep } from "../timed-step.js";
import type { ServoDescription, WheelAttributes } from "./servo-attributes.js";
import { ServoUnit } from "./servo-unit.js";
import { WheelFollower } from "./wheel-follower.js";

const POLL = 20;
const STALL = 2000;
/** Towards the target the wheel slows down, so that it is there in this time or more; in minutes. */
const APPROACH = 0.15 / 60;
const SLOWEST_APPROACH_RPM = 3;

export async function createWheelMotor<A extends WheelAttributes>(
  context: ResourceContext<A>,
  description: ServoDescription,
  { ports, clock }: { readonly ports: SharedPorts; readonly clock: Clock },
): Promise<Motor & Lifecycle<A>> {
  let motor: WheelMotor | undefined;
  const onFound = async (found: ServoUnit): Promise<void> => {
    motor ??= new WheelMotor(context, found, clock);
    await motor.settle();
  };
  const unit = await ServoUnit.open({ context, description, ports, mode: "wheel", onFound });
  return motor ?? new WheelMotor(context, unit, clock);
}

class WheelMotor implements Motor {
  readonly #attributes: WheelAttributes;
  readonly #unit: ServoUnit;
  readonly #clock: Clock;
  readonly #logger: ResourceLogger;
  readonly #motion: OneMotion;
  readonly #follower: WheelFollower;
  readonly #maxRpm: number;
  #rpm = 0;
  /** Its watchdog runs and torque is on. */
  #isArmed = false;

  constructor({ attributes, logger }: ResourceContext<WheelAttributes>, unit: ServoUnit, clock: Clock) {
    this.#attributes = attributes;
    this.#unit = unit;
    this.#clock = clock;
    this.#logger = logger;
    this.#motion = new OneMotion(clock);
    this.#follower = new WheelFollower({ unit, clock, logger, rpm: () => this.#rpm });
    this.#maxRpm = attributes.max_rpm === 0 ? unit.family.maxRpm : attributes.max_rpm;
  }

  /** The servo was found, at first or again: it stands still, and where it is counts anew. */
  async settle(): Promise<void> {
    await this.#sendStop(new AbortController().signal);
    await this.#follower.settle();
  }

  async setPower(power: number): Promise<void> {
    assertNumber("power_pct", power);
    if (Math.abs(power) <= OFF_POWER) return await this.stop();
    await this.#drive(Math.max(-1, Math.min(1, power)) * this.#maxRpm, this.#motion.take());
  }

  async setRpm(rpm: number): Promise<void> {
    await this.#drive(Math.sign(rpm) * speedOf(rpm, this.#maxRpm), this.#motion.take());
  }

  async goFor(rpm: number, revolutions: number, { signal }: CallOptions = {}): Promise<void> {
    const speed = speedOf(rpm, this.#maxRpm);
    assertRevolutions(revolutions);
    const way = Math.sign(rpm) * revolutions;
    await this.#motion.run(async (own) => {
      if (!this.#follower.hasPosition) return await this.#beginTime({ speed, way, own, signal });
      return await this.#beginWay({ speed, target: (await this.#follower.read()) + way, own, signal });
    });
  }

  async goTo(rpm: number, position: number, { signal }: CallOptions = {}): Promise<void> {
    assertNumber("position_revolutions", position);
    const speed = speedOf(rpm, this.#maxRpm);
    this.#follower.assertPosition();
    await this.#motion.run((own) => this.#beginWay({ speed, target: position, own, signal }));
  }

  async resetZeroPosition(offset: number): Promise<void> {
    assertNumber("offset", offset);
    this.#follower.assertPosition();
    await this.stop();
    await this.#unit.ready();
    await this.#follower.reset(offset);
  }

  async getPosition(): Promise<number> {
    return await this.#follower.read();
  }

  async getProperties(): Promise<{ positionReporting: boolean }> {
    return { positionReporting: this.#follower.hasPosition };
  }

  /** Speed 0: the servo brakes and holds. */
  async stop(): Promise<void> {
    const own = this.#motion.take();
    try {
      await this.#halt(own);
    } catch (error) {
      if (!own.aborted) throw error;
    }
  }

  /** What it was told last; wheels are not asked for their power. */
  async isPowered(): Promise<MotorPower> {
    return { isOn: this.#rpm !== 0, power: this.#rpm / this.#maxRpm };
  }

  async isMoving(): Promise<boolean> {
    return this.#rpm !== 0;
  }

  async getStatus(): Promise<Values> {
    await this.#unit.ready();
    return { rpm: this.#rpm, ...(await this.#unit.readStatus()) };
  }

  async close(): Promise<void> {
    try {
      await this.#halt(this.#motion.take());
    } catch (error) {
      this.#logger.warn("the servo could not be stopped", { error });
    } finally {
      this.#follower.close();
      await this.#unit.close();
    }
  }

  async #drive(rpm: number, signal: AbortSignal): Promise<void> {
    await this.#unit.ready();
    signal.throwIfAborted();
    if (!this.#isArmed) {
      await this.#setWatchdog(this.#attributes.watchdog_sec, signal);
      await this.#unit.setTorque(true, { signal });
      signal.throwIfAborted();
      this.#isArmed = true;
    }
    signal.throwIfAborted();
    this.#rpm = rpm;
    await this.#unit.write(this.#unit.family.velocity(rpm, this.#maxRpm), "setting the speed", { signal });
    this.#follower.follow();
  }

  async #halt(own: AbortSignal): Promise<void> {
    await this.#unit.ready();
    await this.#sendStop(own);
    if (this.#follower.hasPosition) await this.#follower.read().catch(() => undefined); // told to whoever asks for the position
  }

  async #sendStop(signal: AbortSignal): Promise<void> {
    const { family } = this.#unit;
    const options = { isUrgent: true, signal };
    this.#isArmed = false;
    if (family.watchdog !== undefined) await this.#unit.line.write(family.watchdog.register, 0, "stopping its watchdog", options);
    signal.throwIfAborted();
    this.#rpm = 0;
    await this.#unit.write(family.velocity(0, this.#maxRpm), "stopping", options);
  }

  /** Off and on again: one that has run out refuses speeds. */
  async #setWatchdog(seconds: number, signal: AbortSignal): Promise<void> {
    const { watchdog } = this.#unit.family;
    if (watchdog === undefined) return;
    const units = Math.min(watchdog.most, Math.ceil((seconds * 1000) / watchdog.unitMs));
    await this.#unit.line.write(watchdog.register, 0, "clearing its watchdog", { signal });
    if (units === 0) return;
    try {
      await this.#unit.line.write(watchdog.register, units, "setting its watchdog", { signal });
    } catch (cause) {
      signal.throwIfAborted();
      const text = cause instanceof Error ? cause.message : String(cause);
      throw failedPrecondition(`attributes.watchdog_sec: ${text}. A servo without a watchdog needs 0 here`, { cause });
    }
  }

  async #beginWay({ speed, target, own, signal }: Movement & { readonly target: number }): Promise<MotionStep> {
    const way = target - (await this.#follower.read());
    const direction = Math.sign(way);
    if (way !== 0) await this.#drive(direction * this.#towards(speed, Math.abs(way)), own);
    const stall = new StallWatch({ clock: this.#clock, limit: Math.max(STALL, 60_000 / speed / 10), least: 1 / this.#unit.family.steps });
    const isDone = async (): Promise<boolean> => {
      const left = (target - (await this.#follower.read())) * direction;
      if (left <= 1 / this.#unit.family.steps) return true;
      stall.check(left, () => `${this.#unit.name} does not get nearer: it is ${left.toFixed(2)} revolutions from its target`);
      const wanted = direction * this.#towards(speed, left);
      if (Math.abs(wanted) < Math.abs(this.#rpm) * 0.8) await this.#drive(wanted, own);
      return false;
    };
    return { isDone, end: () => this.#halt(own), period: POLL, signal };
  }

  async #beginTime({ speed, way, own, signal }: Movement & { readonly way: number }): Promise<MotionStep> {
    await this.#drive(Math.sign(way) * speed, own);
    const { generation } = this.#unit.line;
    const assertThere = (): void => {
      if (this.#unit.line.generation !== generation) throw unavailable(`${this.#unit.name} was away during the movement`);
    };
    return timedStep({ clock: this.#clock, revolutions: way, rpm: speed, assertThere, end: () => this.#halt(own), signal });
  }

  #towards(speed: number, left: number): number {
    return Math.min(speed, Math.max(SLOWEST_APPROACH_RPM, left / APPROACH));
  }
}

interface Movement {
  /** Revolutions per minute, positive. */
  readonly speed: number;
  /** Aborted by the next command. */
  readonly own: AbortSignal;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined;
}
