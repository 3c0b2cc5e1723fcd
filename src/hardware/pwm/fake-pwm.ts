/** PWM in memory: keeps what was set. Channels of the kernel's, and lines of a FakeGpio. */
import { PinionError } from "../../base/errors.js";
import type { Gpio, LineAddress, OutputLines } from "../gpio/gpio.js";
import { describeLine } from "../gpio/gpio-errors.js";
import type { Pwm, PwmAddress, PwmOutput } from "./pwm.js";
import {
  assertChannel,
  assertSettings,
  assertSoftwareSettings,
  channelBusy,
  closedOutput,
  describeChannel,
  pwmChipMissing,
} from "./pwm-errors.js";

/** What an output was told, in order. `off` and `close` are without pulses. */
export type PwmChange =
  | { readonly kind: "set"; readonly frequency: number; readonly duty: number }
  | { readonly kind: "off" }
  | { readonly kind: "close" };

export interface FakePwmOptions {
  readonly gpio: Gpio;
  /** Channels by name of the device. Left out: `1f00098000.pwm` with four, as on a Raspberry Pi 5. */
  readonly chips?: Readonly<Record<string, number>>;
}

interface Fake {
  readonly changes: PwmChange[];
  isOpen: boolean;
}

export class FakePwm implements Pwm {
  readonly #gpio: Gpio;
  readonly #chips: Map<string, number>;
  readonly #outputs = new Map<string, Fake>();
  /** Channels that another process exported. */
  readonly #left = new Set<string>();
  #faults: { readonly error: Error; left: number }[] = [];

  constructor({ gpio, chips = { "1f00098000.pwm": 4 } }: FakePwmOptions) {
    this.#gpio = gpio;
    this.#chips = new Map(Object.entries(chips));
  }

  openHardware(address: PwmAddress): PwmOutput {
    const name = describeChannel(address);
    const channels = this.#chips.get(address.device);
    if (channels === undefined) throw pwmChipMissing(address, [...this.#chips.keys()]);
    assertChannel(address, channels);
    if (this.#outputs.get(name)?.isOpen === true) throw channelBusy(address);
    this.#left.delete(name);
    return { kind: "hardware", ...this.#open(name, undefined) };
  }

  switchOff(address: PwmAddress): boolean {
    const isExported = this.#assertForeign(address);
    if (isExported) this.#changesOf(describeChannel(address)).push({ kind: "off" });
    return isExported;
  }

  discard(address: PwmAddress): void {
    if (!this.#assertForeign(address)) return;
    this.#changesOf(describeChannel(address)).push({ kind: "off" }, { kind: "close" });
    this.#left.delete(describeChannel(address));
  }

  openSoftware(line: LineAddress, consumer: string): PwmOutput & { readonly jitter: number } {
    const lines = this.#gpio.openOutputs([line], { consumer, initial: [false] });
    return { kind: "software", jitter: 0, ...this.#open(describeLine(line), lines) };
  }

  /** A channel or a line: all it was told, oldest first. */
  changes(output: PwmAddress | LineAddress): readonly PwmChange[] {
    return [...(this.#outputs.get(keyOf(output))?.changes ?? [])];
  }

  /** What it gives now; undefined when it is off, closed or was never opened. */
  setting(output: PwmAddress | LineAddress): { readonly frequency: number; readonly duty: number } | undefined {
    const last = this.#outputs.get(keyOf(output))?.changes.at(-1);
    return last?.kind === "set" ? { frequency: last.frequency, duty: last.duty } : undefined;
  }

  isOpen(output: PwmAddress | LineAddress): boolean {
    return this.#outputs.get(keyOf(output))?.isOpen === true;
  }

  /** Another process has the channel, or died while it had it. */
  leaveExported(address: PwmAddress): void {
    this.#left.add(describeChannel(address));
  }

  isLeftExported(address: PwmAddress): boolean {
    return this.#left.has(describeChannel(address));
  }

  /** The overlay is not loaded. */
  removeChip(device: string): void {
    this.#chips.delete(device);
  }

  /** The next `times` calls of `set` throw. */
  fail(times = 1, error: Error = new PinionError("PWM_FAILED", "PWM: writing failed: EIO")): void {
    this.#faults.push({ error, left: times });
  }

  #assertForeign(address: PwmAddress): boolean {
    const name = describeChannel(address);
    if (this.#outputs.get(name)?.isOpen === true) throw channelBusy(address);
    return this.#chips.has(address.device) && this.#left.has(name);
  }

  #changesOf(name: string): PwmChange[] {
    const fake = this.#outputs.get(name) ?? { changes: [], isOpen: false };
    this.#outputs.set(name, fake);
    return fake.changes;
  }

  #open(name: string, lines: OutputLines | undefined): Omit<PwmOutput, "kind"> {
    const fake: Fake = { changes: this.#outputs.get(name)?.changes ?? [], isOpen: true };
    this.#outputs.set(name, fake);
    const assertOpen = (): void => {
      if (!fake.isOpen) throw closedOutput(name);
    };
    return {
      set: (frequency, duty) => {
        assertOpen();
        if (lines === undefined) assertSettings(name, frequency, duty);
        else assertSoftwareSettings(name, frequency, duty);
        this.#throwFault();
        fake.changes.push({ kind: "set", frequency, duty });
        // Between 0 and 1 the line stays as it is: there is no time to toggle it in.
        if (duty === 0 || duty === 1) lines?.set([duty === 1]);
      },
      off: () => {
        assertOpen();
        fake.changes.push({ kind: "off" });
        lines?.set([false]);
      },
      close: () => {
        if (!fake.isOpen) return;
        fake.isOpen = false;
        fake.changes.push({ kind: "close" });
        lines?.set([false]);
        lines?.close();
      },
    };
  }

  #throwFault(): void {
    const fault = this.#faults.find(({ left }) => left > 0);
    if (fault === undefined) return;
    fault.left -= 1;
    throw fault.error;
  }
}

function keyOf(output: PwmAddress | LineAddress): string {
  return "device" in output ? describeChannel(output) : describeLine(output);
}
