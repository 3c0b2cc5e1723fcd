/** A stepper motor behind a driver with step and direction inputs. Its position is the steps it was told. */
import {
  type CallOptions,
  invalidArgument,
  type Lifecycle,
  type Motor,
  type MotorPower,
  type MotorProperties,
  type ResourceContext,
  type ResourceLogger,
  type Values,
} from "pinion/sdk";
import { assertNumber } from "../assert-number.js";
import { OneOperation } from "../one-operation.js";
import type { Rig } from "../rig.js";
import { assertRevolutions, checkSpeed } from "./requests.js";
import { type StepperGeometry, stepRate, stepsFor, stepsPerRotation } from "./step-count.js";
import { highestRpm, type StepperAttributes } from "./stepper-attributes.js";
import { StepperDrive } from "./stepper-drive.js";

export { schema, validate } from "./stepper-attributes.js";

/** Up to this share of power it is stopped. */
const OFF = 0.0001;

export async function create({ attributes, dependencies, name, logger }: ResourceContext<StepperAttributes>, rig: Rig): Promise<Stepper> {
  const drive = await StepperDrive.open({
    source: rig.boards.find(attributes.board, dependencies),
    pins: attributes.pins,
    timing: rig.timing,
    user: { name, logger },
  });
  return new Stepper(attributes, drive, logger);
}

class Stepper implements Motor, Lifecycle<StepperAttributes> {
  readonly #geometry: StepperGeometry;
  readonly #maxRpm: number | undefined;
  readonly #drive: StepperDrive;
  readonly #logger: ResourceLogger;
  readonly #operation = new OneOperation();
  /** Steps at which the position is zero. */
  #zero = 0;
  #lastError: Error | undefined;

  constructor(attributes: StepperAttributes, drive: StepperDrive, logger: ResourceLogger) {
    this.#geometry = { ticksPerRotation: attributes.ticks_per_rotation, microsteps: attributes.microsteps };
    this.#maxRpm = highestRpm(attributes);
    this.#drive = drive;
    this.#logger = logger;
  }

  async setPower(power: number): Promise<void> {
    assertNumber("power_pct", power);
    if (Math.abs(power) <= OFF) {
      await this.stop();
      return;
    }
    if (this.#maxRpm === undefined) {
      throw invalidArgument("SetPower needs to know the speed at full power: set max_rpm, or use SetRPM");
    }
    await this.#runOn(Math.max(Math.min(power, 1), -1) * this.#maxRpm);
  }

  async setRpm(rpm: number): Promise<void> {
    await this.#runOn(Math.sign(rpm) * this.#speed(rpm));
  }

  async goFor(rpm: number, revolutions: number, options?: CallOptions): Promise<void> {
    assertRevolutions(revolutions);
    const speed = this.#speed(rpm);
    await this.#turn(speed, () => stepsFor(Math.sign(rpm) * revolutions, this.#geometry), options?.signal);
  }

  async goTo(rpm: number, position: number, options?: CallOptions): Promise<void> {
    assertNumber("position_revolutions", position);
    const speed = this.#speed(rpm);
    await this.#turn(speed, () => stepsFor(position, this.#geometry) + this.#zero - this.#drive.steps, options?.signal);
  }

  /** Position reads `-offset` then. */
  async resetZeroPosition(offset: number): Promise<void> {
    assertNumber("offset", offset);
    await this.stop();
    this.#zero = this.#drive.steps + stepsFor(offset, this.#geometry);
  }

  async getPosition(): Promise<number> {
    return (this.#drive.steps - this.#zero) / stepsPerRotation(this.#geometry);
  }

  async getProperties(): Promise<MotorProperties> {
    return { positionReporting: true };
  }

  async stop(): Promise<void> {
    const ended = this.#operation.end();
    await this.#drive.off();
    await ended;
  }

  /** Full power or none: a stepper's current does not depend on its speed. */
  async isPowered(): Promise<MotorPower> {
    const isOn = await this.isMoving();
    return { isOn, power: isOn ? 1 : 0 };
  }

  async isMoving(): Promise<boolean> {
    return this.#drive.isMoving || this.#operation.isRunning;
  }

  async getStatus(): Promise<Values> {
    return {
      is_moving: await this.isMoving(),
      position_revolutions: await this.getPosition(),
      steps_by: this.#drive.kind,
      is_position_counted: this.#drive.kind === "software",
      ...(this.#lastError === undefined ? {} : { last_error: this.#lastError.message }),
    };
  }

  async close(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await this.#drive.close();
    }
  }

  async #turn(rpm: number, steps: () => number, caller: AbortSignal | undefined): Promise<void> {
    const rate = this.#rate(rpm);
    this.#lastError = undefined;
    await this.#operation.run(async (signal) => {
      const count = steps();
      if (count !== 0) await this.#drive.turn(count, rate, signal);
    }, caller);
  }

  async #runOn(rpm: number): Promise<void> {
    const rate = this.#rate(Math.abs(rpm));
    const direction = rpm > 0 ? 1 : -1;
    this.#lastError = undefined;
    await this.#operation.begin(
      (signal, begun) => this.#drive.turn(direction * Number.POSITIVE_INFINITY, rate, signal, begun),
      (error) => {
        this.#lastError = error;
        this.#logger.error("the motor does not turn any more", { rpm, error });
      },
    );
  }

  #rate(rpm: number): number {
    const rate = stepRate(rpm, this.#geometry);
    this.#drive.assertRate(rate);
    return rate;
  }

  /** Above 0, at most what the config allows. */
  #speed(rpm: number): number {
    checkSpeed(rpm, this.#maxRpm ?? 0, this.#logger);
    return Math.min(Math.abs(rpm), this.#maxRpm ?? Number.POSITIVE_INFINITY);
  }
}
