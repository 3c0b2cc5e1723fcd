/**
 * Steps of a stepper motor: pulses of the kernel's PWM, reckoned by time, or single pulses of software, counted. Knows steps a second, not turns.
 */
import { isPinionError } from "pinion/hardware";
import { invalidArgument, isRpcError, Status } from "pinion/sdk";
import { inTurn } from "../pins/in-turn.js";
import type { EnablePin, OutputPins, PinSource, PinUser, PwmPin } from "../pins/pin-source.js";
import { aborted, type Timing } from "../timing.js";
import { stepsAfter } from "./step-count.js";
import type { StepperAttributes } from "./stepper-attributes.js";

/** Steps a second that software makes evenly enough for a motor to follow. */
const MOST_BY_SOFTWARE = 1000;
/** Microseconds that drivers want a pulse, and a new direction before it, to last. */
const PULSE = 10;

export interface StepperDriveOptions {
  readonly source: PinSource;
  readonly pins: StepperAttributes["pins"];
  readonly timing: Timing;
  readonly user: PinUser;
}

interface Pins {
  readonly step: PwmPin | OutputPins;
  readonly dir: OutputPins;
  readonly enables: readonly EnablePin[];
}

export class StepperDrive {
  readonly #pins: Pins;
  readonly #stepPin: string;
  readonly #timing: Timing;
  readonly #inTurn = inTurn();
  #steps = 0;
  #isMoving = false;
  /** The train of pulses that runs: where it began, and how fast it is. */
  #train: { readonly since: number; readonly rate: number; readonly direction: number } | undefined;

  private constructor(pins: Pins, stepPin: string, timing: Timing) {
    this.#pins = pins;
    this.#stepPin = stepPin;
    this.#timing = timing;
  }

  /** Off. */
  static async open({ source, pins, timing, user }: StepperDriveOptions): Promise<StepperDrive> {
    const opened: { close(): Promise<void> }[] = [];
    try {
      const enables: EnablePin[] = [];
      if (pins.en_high !== undefined) enables.push(await source.openEnable(pins.en_high, false, user));
      if (pins.en_low !== undefined) enables.push(await source.openEnable(pins.en_low, true, user));
      opened.push(...enables);
      const dir = await source.openOutputs([pins.dir], user);
      opened.push(dir);
      return new StepperDrive({ step: await openStep(source, pins.step, user), dir, enables }, pins.step, timing);
    } catch (error) {
      for (const pin of opened) await pin.close().catch(() => undefined); // the first error says why
      throw error;
    }
  }

  /** `software` counts every step, the others reckon by time. */
  get kind(): "hardware" | "software" | "unknown" {
    return "kind" in this.#pins.step ? this.#pins.step.kind : "software";
  }

  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** Since it was opened, backward ones taken off. */
  get steps(): number {
    return this.#steps + this.#inTrain();
  }

  /** Throws for steps a second that the pin cannot give evenly. */
  assertRate(rate: number): void {
    if (this.kind !== "software" || rate <= MOST_BY_SOFTWARE) return;
    throw invalidArgument(
      `expected at most ${MOST_BY_SOFTWARE} steps a second on pin ${this.#stepPin}, which software pulses, got ${Math.ceil(rate)}: ask for less speed, ` +
        "take fewer microsteps, or put step on a pin with PWM of the hardware's",
    );
  }

  /**
   * `steps`: with the sign of the direction, infinite to go on until the signal is aborted. `asked`: steps a second. `begun` is called when it turns.
   * It is off when this settles.
   */
  async turn(steps: number, asked: number, signal: AbortSignal, begun: () => void = () => undefined): Promise<void> {
    this.assertRate(asked);
    if (signal.aborted) return;
    // Boards of other modules take whole hertz.
    const rate = this.kind === "unknown" ? Math.max(Math.round(asked), 1) : asked;
    this.#isMoving = true;
    try {
      await this.#inTurn(async () => {
        await this.#pins.dir.set([steps > 0]);
        for (const pin of this.#pins.enables) await pin.set(true);
      });
      this.#timing.spin(PULSE);
      if ("kind" in this.#pins.step) await this.#pulse(this.#pins.step, steps, rate, signal, begun);
      else await this.#count(this.#pins.step, steps, rate, signal, begun);
    } finally {
      await this.off();
    }
  }

  /** No steps, no current. */
  off(): Promise<void> {
    return this.#inTurn(() => this.#off());
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      const { step, dir, enables } = this.#pins;
      try {
        await this.#off();
      } finally {
        for (const pin of [step, dir, ...enables]) await pin.close();
      }
    });
  }

  async #off(): Promise<void> {
    const { step, enables } = this.#pins;
    this.#isMoving = false;
    try {
      if ("kind" in step) {
        // A frequency is needed even for no pulses.
        await step.set(this.#train?.rate ?? 1, 0);
        this.#steps += this.#inTrain();
        this.#train = undefined;
      } else {
        await step.set([false]);
      }
    } finally {
      for (const pin of enables) await pin.set(false);
    }
  }

  async #pulse(step: PwmPin, steps: number, rate: number, signal: AbortSignal, begun: () => void): Promise<void> {
    const start = await this.#inTurn(async () => {
      if (signal.aborted) return undefined;
      await step.set(rate, 0.5);
      const since = this.#timing.clock.now();
      this.#train = { since, rate, direction: Math.sign(steps) };
      return since;
    });
    if (start === undefined) return;
    begun();
    // In the second half of the last pulse's period, when it is low.
    if (Number.isFinite(steps)) await this.#until(start + ((Math.abs(steps) - 0.25) * 1000) / rate, signal);
    else await aborted(signal);
  }

  async #count(step: OutputPins, steps: number, rate: number, signal: AbortSignal, begun: () => void): Promise<void> {
    const { clock, spin } = this.#timing;
    const direction = Math.sign(steps);
    let next: number = clock.now();
    for (let left = Math.abs(steps); left > 0 && !signal.aborted; left -= 1) {
      await step.set([true]);
      spin(PULSE);
      await step.set([false]);
      this.#steps += direction;
      begun();
      // A step that comes late delays all others: a motor does not follow two in quick succession.
      next = Math.max(next + 1000 / rate, clock.now());
      await this.#until(next, signal);
    }
  }

  #inTrain(): number {
    if (this.#train === undefined) return 0;
    const { since, rate, direction } = this.#train;
    return direction * stepsAfter(this.#timing.clock.now() - since, rate);
  }

  #until(time: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#timing.exactly(time, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

async function openStep(source: PinSource, pin: string, user: PinUser): Promise<PwmPin | OutputPins> {
  try {
    return await source.openPwm(pin, { isExact: true }, user);
  } catch (error) {
    if (!isPinionError(error, "PWM_CHIP_MISSING") && !isRpcError(error, Status.FAILED_PRECONDITION)) throw error;
    user.logger.info("no PWM of the hardware's on the step pin: steps are made and counted by software", { pin, most: MOST_BY_SOFTWARE });
    return await source.openOutputs([pin], user);
  }
}
