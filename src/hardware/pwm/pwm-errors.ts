/** The errors that all PWM outputs share. */
import { PinionError } from "../../base/errors.js";
import type { PwmAddress } from "./pwm.js";

/** `1f00098000.pwm/2`: how a channel is written in messages. */
export function describeChannel({ device, channel }: PwmAddress): string {
  return `${device}/${channel}`;
}

export function pwmChipMissing(address: PwmAddress, devices: readonly string[]): PinionError {
  const found = devices.length === 0 ? "the kernel offers no PWM" : `devices with PWM there are: ${devices.join(", ")}`;
  return new PinionError("PWM_CHIP_MISSING", `no PWM of device "${address.device}"; ${found}. ${adviceFor(address.device)}`);
}

/** Throws unless a chip with so many channels has this one. */
export function assertChannel({ device, channel }: PwmAddress, channels: number): void {
  if (Number.isInteger(channel) && channel >= 0 && channel < channels) return;
  const range = channels === 0 ? "it has none" : `its channels are 0 to ${channels - 1}`;
  throw new PinionError("PWM_CHIP_MISSING", `PWM of device "${device}" has no channel ${channel}; ${range}`);
}

export function channelBusy(address: PwmAddress): PinionError {
  return new PinionError("PWM_CHANNEL_BUSY", `PWM ${describeChannel(address)} is already used in this process`);
}

export function closedOutput(name: string): PinionError {
  return new PinionError("PWM_FAILED", `PWM ${name}: used after it was closed`);
}

export function assertSettings(name: string, frequency: number, duty: number): void {
  if (!(frequency > 0 && Number.isFinite(frequency))) {
    throw new PinionError("PWM_UNSUPPORTED", `PWM ${name}: expected a frequency above 0 Hz, got ${frequency}`);
  }
  if (!(duty >= 0 && duty <= 1)) throw new PinionError("PWM_UNSUPPORTED", `PWM ${name}: expected a duty of 0 to 1, got ${duty}`);
}

/** Hertz. Above, a period is less than ten grains of the timers. */
export const MAX_SOFTWARE_FREQUENCY = 100;

/** Throws where timers are too slow; levels need none. */
export function assertSoftwareSettings(name: string, frequency: number, duty: number): void {
  assertSettings(name, frequency, duty);
  if (duty === 0 || duty === 1 || frequency <= MAX_SOFTWARE_FREQUENCY) return;
  throw new PinionError(
    "PWM_UNSUPPORTED",
    `software PWM on ${name}: expected a frequency up to ${MAX_SOFTWARE_FREQUENCY} Hz, got ${frequency}; for more use a pin with PWM of the board, or a PCA9685`,
  );
}

function adviceFor(device: string): string {
  // Raspberry Pi names its blocks 20200000, 3f200000, fe20c000 and 1f00098000; Jetsons start theirs with 3, c or 7000.
  if (/^(1f0009|fe20|3f20|2020)/.test(device)) {
    return 'On a Raspberry Pi enable the overlay: add "dtoverlay=pwm-2chan" to /boot/firmware/config.txt and restart';
  }
  if (/^(32|c34|7000a)/.test(device))
    return "On a Jetson give the pin its PWM function: sudo /opt/nvidia/jetson-io/jetson-io.py, and restart";
  return "Enable PWM in the board's device tree";
}
