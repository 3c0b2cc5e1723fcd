/**
 * PWM by timers on a GPIO line. Timers have a grain of a millisecond: single pulses are that inexact, and what one is too long the next ones are
 * shorter, so that the mean is right. Nothing waits in a loop.
 */
import type { Clock, Timer } from "../../base/clock.js";
import { millis } from "../../base/millis.js";
import type { OutputLines } from "../gpio/gpio.js";
import { describeLine } from "../gpio/gpio-errors.js";
import type { PwmOutput } from "./pwm.js";
import { assertSoftwareSettings, closedOutput } from "./pwm-errors.js";

/** Edges that `jitter` looks back on. */
const MEASURED = 256;

export class SoftwarePwm implements PwmOutput {
  readonly kind = "software";
  readonly #clock: Clock;
  readonly #line: OutputLines;
  readonly #name: string;
  readonly #lateness = new Float64Array(MEASURED);
  #measured = 0;
  #timer: Timer | undefined;
  /** Milliseconds. */
  #period = 0;
  #duty = 0;
  #isHigh = false;
  /** When the present level began, and when it should end. */
  #since = 0;
  #due = 0;
  #periodStart = 0;
  /** Milliseconds that the line was high for too short (above 0) or too long until now. */
  #owed = 0;
  #failure: unknown;
  #isClosed = false;

  /** `line`: one line, low; closed by `close`. */
  constructor(clock: Clock, line: OutputLines) {
    this.#clock = clock;
    this.#line = line;
    this.#name = line.addresses.map(describeLine).join(", ");
  }

  get jitter(): number {
    return Math.max(0, ...this.#lateness.subarray(0, Math.min(this.#measured, MEASURED)));
  }

  set(frequency: number, duty: number): void {
    this.#assertOpen();
    assertSoftwareSettings(this.#name, frequency, duty);
    this.#throwFailure();
    this.#period = 1000 / frequency;
    this.#duty = duty;
    if (duty === 0 || duty === 1) {
      this.#cancel();
      this.#drive(duty === 1);
    } else if (this.#timer === undefined) {
      this.#owed = 0;
      this.#periodStart = this.#clock.now();
      this.#startPeriod(this.#periodStart);
    }
  }

  off(): void {
    this.#assertOpen();
    this.#cancel();
    this.#drive(false);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel();
    this.#tryLow();
    this.#line.close();
  }

  #startPeriod(now: number): void {
    const wanted = this.#period * this.#duty + this.#owed;
    if (wanted <= 0) {
      // The last pulse was too long by more than this one.
      this.#owed = wanted;
      this.#drive(false);
      this.#schedule(now, this.#periodStart + this.#period);
      return;
    }
    this.#drive(true);
    this.#schedule(now, now + Math.min(wanted, this.#period));
  }

  #schedule(now: number, due: number): void {
    this.#since = now;
    this.#due = due;
    this.#timer = this.#clock.after(millis(Math.max(0, Math.round(due - now))), () => this.#turn());
  }

  #turn(): void {
    const now = this.#clock.now();
    this.#lateness[this.#measured % MEASURED] = Math.abs(now - this.#due);
    this.#measured += 1;
    try {
      if (this.#isHigh) this.#endPulse(now);
      else this.#nextPeriod(now);
    } catch (error) {
      // Told to whoever sets it next: nobody waits for a timer.
      this.#failure = error;
      this.#cancel();
      this.#tryLow();
    }
  }

  #tryLow(): void {
    try {
      this.#drive(false);
    } catch {
      // The line fails: `#failure` or its owner knows, and nothing more can be done.
    }
  }

  #endPulse(now: number): void {
    const wanted = this.#period * this.#duty + this.#owed;
    const limit = this.#period;
    this.#owed = Math.max(-limit, Math.min(limit, wanted - (now - this.#since)));
    const end = this.#periodStart + this.#period;
    if (end - now < 0.5) {
      this.#nextPeriod(now);
      return;
    }
    this.#drive(false);
    this.#schedule(now, end);
  }

  #nextPeriod(now: number): void {
    // After a long stop the past is not made up for.
    const next = this.#periodStart + this.#period;
    this.#periodStart = now - next > this.#period ? now : next;
    this.#startPeriod(now);
  }

  #drive(isHigh: boolean): void {
    this.#isHigh = isHigh;
    this.#line.set([isHigh]);
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedOutput(this.#name);
  }
}
