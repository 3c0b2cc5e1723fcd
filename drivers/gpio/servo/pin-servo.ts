/** A servo on a pin with PWM of the hardware's. It cannot say where it is: its position is where it was told to go. */
import { type Clock, millis, type Timer } from "pinion/hardware";
import { failedPrecondition, invalidArgument, type Lifecycle, type ResourceLogger, type Servo, type Values } from "pinion/sdk";
import { inTurn } from "../pins/in-turn.js";
import type { PwmPin } from "../pins/pin-source.js";
import { angleOf, dutyOf, type PulseRange, widthOf, widthOfDuty } from "./pulse.js";

export interface PinServoOptions {
  readonly pwm: PwmPin;
  readonly clock: Clock;
  /** Hertz. */
  readonly frequency: number;
  readonly range: PulseRange;
  /** Degrees; within the range. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds after which pulses end when it should be there; undefined holds the position. */
  readonly holdFor: number | undefined;
  readonly logger: ResourceLogger;
}

export class PinServo implements Servo, Lifecycle<unknown> {
  readonly #options: PinServoOptions;
  readonly #inTurn = inTurn();
  /** 0 to 1, of the pulses that it got last; undefined before the first. */
  #duty: number | undefined;
  #release: Timer | undefined;
  #isPulsed = false;

  constructor(options: PinServoOptions) {
    this.#options = options;
  }

  async move(angle: number): Promise<void> {
    if (!Number.isFinite(angle)) throw invalidArgument(`angle_deg: expected a number, got ${angle}`);
    const { pwm, clock, frequency, range, least, most, holdFor } = this.#options;
    const duty = dutyOf(widthOf(Math.min(Math.max(angle, least), most), range), frequency);
    await this.#inTurn(async () => {
      this.#release?.cancel();
      await pwm.set(frequency, duty);
      this.#duty = duty;
      this.#isPulsed = true;
      if (holdFor !== undefined) this.#release = clock.after(millis(holdFor), () => this.#letGo(), { unref: true });
    });
  }

  async getPosition(): Promise<number> {
    const { frequency, range } = this.#options;
    if (this.#duty !== undefined) return Math.round(angleOf(widthOfDuty(this.#duty, frequency), range));
    throw failedPrecondition("the position is not known before the first Move; set the attribute for the starting position to have one");
  }

  /** No pulses: the servo lets go. */
  async stop(): Promise<void> {
    await this.#inTurn(async () => {
      this.#release?.cancel();
      await this.#options.pwm.set(this.#options.frequency, 0);
      this.#isPulsed = false;
    });
  }

  /** False: nobody can know. */
  async isMoving(): Promise<boolean> {
    return false;
  }

  async getStatus(): Promise<Values> {
    const { frequency, pwm } = this.#options;
    const width = this.#duty === undefined ? 0 : widthOfDuty(this.#duty, frequency);
    return { is_pulsed: this.#isPulsed, width_us: Math.round(width), frequency_hz: frequency, pwm: pwm.kind };
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      this.#release?.cancel();
      await this.#options.pwm.close();
    });
  }

  #letGo(): void {
    this.stop().catch((error: unknown) => this.#options.logger.warn("the servo could not be let go: it holds its position", { error }));
  }
}
