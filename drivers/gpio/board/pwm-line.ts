/** PWM on a pin: the kernel's where the pin has it, else a line toggled by timers. */
import { type Hardware, isPinionError, type LineAddress, MAX_SOFTWARE_FREQUENCY, type PwmAddress, type PwmOutput } from "pinion/hardware";
import { failedPrecondition, type ResourceLogger } from "pinion/sdk";

export interface PwmLineOptions {
  readonly hardware: Pick<Hardware, "gpio" | "pwm">;
  /** The pin's name, for messages. */
  readonly label: string;
  readonly line: LineAddress | undefined;
  readonly pwm: PwmAddress | undefined;
  readonly consumer: string;
  /** Only the kernel's will do. */
  readonly isExact: boolean;
  /** Hears what is less than it was asked for. */
  readonly logger: ResourceLogger;
}

/** From here on the kernel's is used. Hertz. */
const HARDWARE_ABOVE = 1;

/** Opened at once, and low. */
export class PwmLine {
  readonly #options: PwmLineOptions;
  #output: PwmOutput;
  /** The pin has no PWM of the kernel's, or this kernel does not offer it. */
  #hasHardware: boolean;
  #isLoweredKnown = false;
  /** As it was asked for. */
  duty = 0;
  frequency = 0;

  constructor(options: PwmLineOptions) {
    this.#options = options;
    this.#hasHardware = options.pwm !== undefined;
    this.#output = this.#open(true);
  }

  get kind(): "hardware" | "software" {
    return this.#output.kind;
  }

  /** `duty` 0 to 1. */
  set(frequency: number, duty: number): void {
    const isHardware = this.#hasHardware && (frequency > HARDWARE_ABOVE || this.#options.isExact);
    if (isHardware !== (this.#output.kind === "hardware")) {
      this.#output.close();
      this.#output = this.#open(isHardware);
    }
    this.#output.set(isHardware ? frequency : this.#lowered(frequency, duty), duty);
    this.frequency = frequency;
    this.duty = duty;
  }

  /** Low, then let go. */
  close(): void {
    try {
      this.#output.off();
    } finally {
      this.#output.close();
    }
  }

  /** Configs ask for 800 Hz without knowing who pulses: the mean is the same at what software can do. */
  #lowered(frequency: number, duty: number): number {
    if (frequency <= MAX_SOFTWARE_FREQUENCY) return frequency;
    if (!this.#isLoweredKnown && duty > 0 && duty < 1) {
      this.#isLoweredKnown = true;
      const { logger, label } = this.#options;
      logger.warn("software pulses this pin, at a lower frequency than it was asked for", {
        pin: label,
        asked: frequency,
        frequency_hz: MAX_SOFTWARE_FREQUENCY,
      });
    }
    return MAX_SOFTWARE_FREQUENCY;
  }

  #open(isHardware: boolean): PwmOutput {
    const { hardware, line, pwm, consumer, isExact, label } = this.#options;
    if (isHardware && pwm !== undefined && this.#hasHardware) {
      try {
        return hardware.pwm.openHardware(pwm);
      } catch (error) {
        if (isExact || !isPinionError(error, "PWM_CHIP_MISSING")) throw error;
        this.#hasHardware = false;
        this.#options.logger.warn("no PWM of the kernel's on this pin, pulsing it by software", { pin: label, error });
      }
    }
    if (isExact) {
      throw failedPrecondition(
        `pin ${label} has no PWM of the hardware's, and pulses by software are too uneven: take a pin that has it, or a board of PWM outputs such as a PCA9685`,
      );
    }
    if (line === undefined)
      throw failedPrecondition(`pin ${label} has no GPIO line, only PWM of the kernel's that is not there or not above 1 Hz`);
    return hardware.pwm.openSoftware(line, consumer);
  }
}
