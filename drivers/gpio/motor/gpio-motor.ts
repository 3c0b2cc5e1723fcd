/** A DC motor behind a driver on GPIO pins, with or without an encoder. */
import type { Clock } from "pinion/hardware";
import {
  type CallOptions,
  failedPrecondition,
  type Lifecycle,
  type Motor,
  type MotorPower,
  type MotorProperties,
  type ResourceContext,
  type ResourceLogger,
  RpcError,
  Status,
  unimplemented,
  type Values,
} from "pinion/sdk";
import { assertNumber } from "../assert-number.js";
import { OneOperation } from "../one-operation.js";
import type { Rig } from "../rig.js";
import { pause } from "../timing.js";
import { type Feedback, findFeedback, readTicks, resetTicks, ticksPerSecond } from "./feedback.js";
import { follow, limitOf } from "./follow.js";
import { type MotorAttributes, wiringOf } from "./gpio-attributes.js";
import { MotorDrive } from "./motor-drive.js";
import { doneWithin, PidControl } from "./pid-control.js";
import { limitPower } from "./power-limits.js";
import { RampControl } from "./ramp-control.js";
import { assertRevolutions, checkSpeed } from "./requests.js";
import type { Movement, SpeedControl } from "./speed-control.js";
import { type Tuning, tune } from "./tune.js";

export { schema, validate } from "./gpio-attributes.js";

/** Revolutions from the goal at which a motor without gains does not begin to move. */
const CLOSE = 0.1;

export async function create(context: ResourceContext<MotorAttributes>, rig: Rig): Promise<GpioMotor> {
  const { attributes, dependencies, name, logger } = context;
  const feedback = await findFeedback(attributes, dependencies, rig);
  const drive = await MotorDrive.open({
    source: rig.boards.find(attributes.board, dependencies),
    wiring: wiringOf(attributes.pins),
    pins: attributes.pins,
    frequency: attributes.pwm_freq,
    user: { name, logger },
  });
  return new GpioMotor({ attributes, drive, feedback, logger, clock: rig.timing.clock });
}

interface Turn {
  readonly feedback: Feedback;
  readonly rpm: number;
  /** In ticks, from where it stands. */
  readonly goalFrom: (ticks: number) => number;
  /** Ticks; for less it does not begin to move. */
  readonly least: number;
  readonly caller: AbortSignal | undefined;
}

interface GpioMotorParts {
  readonly attributes: MotorAttributes;
  readonly drive: MotorDrive;
  readonly feedback: Feedback | undefined;
  readonly logger: ResourceLogger;
  readonly clock: Clock;
}

export class GpioMotor implements Motor, Lifecycle<MotorAttributes> {
  readonly #attributes: MotorAttributes;
  readonly #drive: MotorDrive;
  readonly #feedback: Feedback | undefined;
  readonly #logger: ResourceLogger;
  readonly #clock: Clock;
  readonly #operation = new OneOperation();
  /** Ticks that the position reads where the encoder reads 0. */
  #offset = 0;
  /** Why the speed that was set is not kept any more. */
  #lastError: Error | undefined;
  #tuned: Tuning | undefined;

  constructor({ attributes, drive, feedback, logger, clock }: GpioMotorParts) {
    this.#attributes = attributes;
    this.#drive = drive;
    this.#feedback = feedback;
    this.#logger = logger;
    this.#clock = clock;
  }

  async setPower(power: number): Promise<void> {
    assertNumber("power_pct", power);
    this.#lastError = undefined;
    await this.#operation.run(() => this.#give(power));
  }

  async setRpm(rpm: number): Promise<void> {
    this.#checkSpeed(rpm);
    this.#lastError = undefined;
    if (this.#feedback === undefined) {
      await this.#operation.run(() => this.#give(this.#powerFor(rpm)));
      return;
    }
    await this.#keepSpeed(this.#feedback, rpm);
  }

  async goFor(rpm: number, revolutions: number, options?: CallOptions): Promise<void> {
    assertRevolutions(revolutions);
    this.#checkSpeed(rpm);
    if (this.#feedback === undefined) {
      await this.#turnBlindly(rpm, revolutions, options?.signal);
      return;
    }
    const { ticksPerRotation } = this.#feedback;
    const way = Math.sign(rpm) * revolutions * ticksPerRotation;
    await this.#turn({ feedback: this.#feedback, rpm, goalFrom: (ticks) => ticks + way, least: 0, caller: options?.signal });
  }

  async goTo(rpm: number, position: number, options?: CallOptions): Promise<void> {
    assertNumber("position_revolutions", position);
    this.#checkSpeed(rpm);
    const feedback = this.#needFeedback("GoTo");
    const { ticksPerRotation } = feedback;
    const least = this.#attributes.control_parameters === undefined ? CLOSE * ticksPerRotation : doneWithin(ticksPerRotation);
    await this.#turn({ feedback, rpm, goalFrom: () => position * ticksPerRotation - this.#offset, least, caller: options?.signal });
  }

  /** Position reads `-offset` then. */
  async resetZeroPosition(offset: number): Promise<void> {
    assertNumber("offset", offset);
    const feedback = this.#needFeedback("ResetZeroPosition");
    // No movement may look for its goal by the ticks before.
    await this.#operation.between(async () => {
      await this.#drive.off();
      await resetTicks(feedback);
      this.#offset = -offset * feedback.ticksPerRotation;
    });
  }

  /** 0 without an encoder. */
  async getPosition(): Promise<number> {
    return this.#feedback === undefined ? 0 : await this.#position(this.#feedback);
  }

  async getProperties(): Promise<MotorProperties> {
    return { positionReporting: this.#feedback !== undefined };
  }

  async stop(): Promise<void> {
    const ended = this.#operation.end();
    await this.#drive.off();
    await ended;
  }

  async isPowered(): Promise<MotorPower> {
    return { isOn: await this.isMoving(), power: this.#signed(this.#drive.power) };
  }

  async isMoving(): Promise<boolean> {
    return this.#drive.power !== 0 || this.#operation.isRunning;
  }

  /** {"tune_pid": true} turns the motor for some seconds and finds gains; {"get_tuned_pid": true} gives them. */
  async doCommand(command: Values, options?: CallOptions): Promise<Values> {
    if (command["tune_pid"] === true) {
      await this.#tune(options?.signal);
    } else if (command["get_tuned_pid"] !== true) {
      throw unimplemented(`expected {"tune_pid": true} or {"get_tuned_pid": true}, got ${JSON.stringify(command)}`);
    }
    if (this.#tuned === undefined)
      throw failedPrecondition('not tuned since the motor was built; {"tune_pid": true} turns it and finds gains');
    return { ...this.#tuned };
  }

  async getStatus(): Promise<Values> {
    return {
      power_pct: this.#signed(this.#drive.power),
      is_moving: await this.isMoving(),
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

  async #turnBlindly(rpm: number, revolutions: number, caller: AbortSignal | undefined): Promise<void> {
    const { max_rpm: maxRpm } = this.#attributes;
    const speed = Math.min(Math.abs(rpm), maxRpm);
    const duration = Math.round((60_000 * Math.abs(revolutions)) / speed);
    await this.#operation.run(async (signal) => {
      try {
        await this.#give(this.#powerFor(Math.sign(rpm * revolutions) * speed));
        await pause(this.#clock, duration, signal);
      } finally {
        await this.#drive.off();
      }
    }, caller);
  }

  /** Resolves when the speed is being kept; what goes wrong later is logged and shown. */
  #keepSpeed(feedback: Feedback, rpm: number): Promise<void> {
    return this.#operation.begin(
      async (signal, begun) => {
        const ticks = await readTicks(feedback, signal);
        const movement = { speed: ticksPerSecond(feedback, rpm), direction: rpm > 0 ? 1 : -1, goal: undefined } as const;
        const control = this.#controls(movement, ticks);
        begun();
        await this.#follow(feedback, control, movement.speed, undefined, signal);
      },
      (error) => {
        this.#lastError = error;
        this.#logger.error("the motor does not keep its speed any more", { rpm, error });
      },
    );
  }

  async #turn({ feedback, rpm, goalFrom, least, caller }: Turn): Promise<void> {
    this.#lastError = undefined;
    await this.#operation.run(async (signal) => {
      const ticks = await readTicks(feedback, signal);
      const goal = goalFrom(ticks);
      if (Math.abs(goal - ticks) < least) return await this.#drive.off();
      const movement = { speed: ticksPerSecond(feedback, rpm), direction: goal > ticks ? 1 : -1, goal } as const;
      const limit = limitOf((goal - ticks) / feedback.ticksPerRotation, rpm);
      await this.#follow(feedback, this.#controls(movement, ticks), movement.speed, limit, signal);
    }, caller);
  }

  async #follow(feedback: Feedback, control: SpeedControl, speed: number, limit: number | undefined, signal: AbortSignal): Promise<void> {
    const { stall_timeout_ms: stallTimeout } = this.#attributes;
    try {
      await follow({
        clock: this.#clock,
        control,
        readTicks: (until) => readTicks(feedback, until),
        drive: (power) => this.#give(power),
        // At low speeds a tick takes its time.
        stallTimeout: stallTimeout === 0 ? 0 : Math.max(stallTimeout, 5000 / speed),
        limit,
        signal,
      });
    } finally {
      await this.#drive.off();
    }
  }

  #controls(movement: Movement, ticks: number): SpeedControl {
    const { control_parameters: gains, ramp_rate: rate, ticks_per_rotation: ticksPerRotation } = this.#attributes;
    if (gains === undefined) return new RampControl(movement, rate, ticks);
    if (gains.p !== 0 || gains.i !== 0 || gains.d !== 0) return new PidControl(movement, gains, ticks, ticksPerRotation);
    throw failedPrecondition(
      'attributes.control_parameters: all gains are 0; DoCommand {"tune_pid": true} turns the motor and finds gains for the config, or leave control_parameters out',
    );
  }

  async #tune(caller: AbortSignal | undefined): Promise<void> {
    const feedback = this.#needFeedback("Tuning");
    const isDone = await this.#operation.run(async (signal) => {
      try {
        this.#tuned = await tune({
          clock: this.#clock,
          readTicks: () => readTicks(feedback, signal),
          drive: (power) => this.#give(power),
          signal,
        });
      } finally {
        await this.#drive.off();
      }
    }, caller);
    if (!isDone) throw new RpcError(Status.ABORTED, "tuning was ended by another operation of the motor");
  }

  /** Limited and flipped as the config says. */
  async #give(power: number): Promise<void> {
    const { min_power_pct: least, max_power_pct: most } = this.#attributes;
    const limited = limitPower(power, { least, most });
    if (limited !== 0) this.#feedback?.directed?.turn(limited > 0 ? 1 : -1);
    await this.#drive.set(this.#signed(limited));
  }

  #signed(power: number): number {
    return this.#attributes.dir_flip ? -power + 0 : power;
  }

  /** Without an encoder: the share of what the motor can do. */
  #powerFor(rpm: number): number {
    return Math.max(Math.min(rpm / this.#attributes.max_rpm, 1), -1);
  }

  #checkSpeed(rpm: number): void {
    checkSpeed(rpm, this.#attributes.max_rpm, this.#logger);
  }

  async #position(feedback: Feedback): Promise<number> {
    return ((await readTicks(feedback)) + this.#offset) / feedback.ticksPerRotation;
  }

  #needFeedback(what: string): Feedback {
    if (this.#feedback !== undefined) return this.#feedback;
    throw unimplemented(`${what} needs to know the motor's position: name an encoder in "encoder", and set "ticks_per_rotation"`);
  }
}
