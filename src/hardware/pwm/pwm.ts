/**
 * PWM outputs: channels of the kernel's pwmchips, and lines toggled by software. Errors are PinionErrors: PWM_CHIP_MISSING (and what enables it),
 * PWM_CHANNEL_BUSY, PWM_PERMISSION (which group), PWM_UNSUPPORTED (a frequency or duty that cannot be), PWM_FAILED.
 */
import type { LineAddress } from "../gpio/gpio.js";

/** A channel of the kernel's. `device`: the name of the device behind the pwmchip, for example `1f00098000.pwm`; its number moves. */
export interface PwmAddress {
  readonly device: string;
  readonly channel: number;
}

export interface PwmOutput {
  readonly kind: "hardware" | "software";
  /** `frequency` in hertz above 0, `duty` 0 to 1. Takes effect without a glitch beyond the present period. */
  set(frequency: number, duty: number): void;
  /** Output low, no pulses. */
  off(): void;
  close(): void;
}

export interface Pwm {
  openHardware(address: PwmAddress): PwmOutput;
  /** A channel that another process has in use, or a dead one had: no pulses from now on. False when it is not in use, or not there at all: nothing pulses. */
  switchOff(address: PwmAddress): boolean;
  /** For whoever takes the pin as a GPIO line: what a dead process left of the channel ends, and it is not in use any more. */
  discard(address: PwmAddress): void;
  /** On a GPIO line, with timers, up to MAX_SOFTWARE_FREQUENCY: for lamps, heaters and DC motors, never for servos. */
  openSoftware(
    line: LineAddress,
    consumer: string,
  ): PwmOutput & { /** Milliseconds: how late edges were, worst of the last few hundred. */ readonly jitter: number };
}
