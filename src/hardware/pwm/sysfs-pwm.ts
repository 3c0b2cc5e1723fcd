/** PWM of the kernel through /sys/class/pwm. A channel belongs to nobody there; within the process, to one output. */
import path from "node:path";
import { isPinionError, messageOf, PinionError, systemCode } from "../../base/errors.js";
import type { Roots } from "../roots.js";
import { closedAfterExport, linkName, permissionAdvice, type SysFiles } from "../sys-files.js";
import type { PwmAddress, PwmOutput } from "./pwm.js";
import { assertChannel, assertSettings, channelBusy, closedOutput, describeChannel, pwmChipMissing } from "./pwm-errors.js";

const NANOSECONDS = 1e9;
/** Nanoseconds; 1 kHz, which every controller can. */
const ORDINARY_PERIOD = 1_000_000;

/** Of one process. */
export class SysfsPwm {
  readonly #root: string;
  readonly #files: SysFiles;
  readonly #open = new Set<string>();

  constructor(roots: Roots, files: SysFiles) {
    this.#root = path.join(roots.sys, "class/pwm");
    this.#files = files;
  }

  open(address: PwmAddress): PwmOutput {
    const name = describeChannel(address);
    if (this.#open.has(name)) throw channelBusy(address);
    const chip = this.#findChip(address);
    assertChannel(address, Number(this.#files.read(path.join(chip, "npwm"))));
    const output = new SysfsPwmOutput(this.#files, chip, address, () => this.#open.delete(name));
    output.open();
    this.#open.add(name);
    return output;
  }

  /** As `Pwm.switchOff`. Stays exported: that the channel is in use is still known when this is done again. */
  switchOff(address: PwmAddress): boolean {
    const foreign = this.#foreign(address);
    foreign?.reset();
    return foreign !== undefined;
  }

  discard(address: PwmAddress): void {
    const foreign = this.#foreign(address);
    if (foreign === undefined) return;
    foreign.reset();
    foreign.unexport();
  }

  /** A channel that another process exported; undefined when none did, or could. */
  #foreign(address: PwmAddress): SysfsPwmOutput | undefined {
    if (this.#open.has(describeChannel(address))) throw channelBusy(address);
    let chip: string;
    try {
      chip = this.#findChip(address);
    } catch (error) {
      if (isPinionError(error, "PWM_CHIP_MISSING")) return undefined;
      throw error;
    }
    const output = new SysfsPwmOutput(this.#files, chip, address, () => undefined);
    return output.isExported ? output : undefined;
  }

  #findChip(address: PwmAddress): string {
    const chips = this.#files
      .list(this.#root)
      .filter((name) => /^pwmchip\d+$/.test(name))
      .map((name) => ({ folder: path.join(this.#root, name), device: linkName(path.join(this.#root, name, "device")) ?? name }));
    const chip = chips.find(({ device }) => device === address.device);
    if (chip !== undefined) return chip.folder;
    throw pwmChipMissing(
      address,
      chips.map(({ device }) => device),
    );
  }
}

/** Nanoseconds. */
interface ChannelState {
  period: number;
  duty: number;
  isEnabled: boolean;
}

class SysfsPwmOutput implements PwmOutput {
  readonly kind = "hardware";
  readonly #files: SysFiles;
  readonly #chip: string;
  readonly #folder: string;
  readonly #address: PwmAddress;
  readonly #onClose: () => void;
  /** As the kernel has it, in nanoseconds; undefined when a write failed and it must be asked. */
  #state: ChannelState | undefined;
  #isClosed = false;

  constructor(files: SysFiles, chip: string, address: PwmAddress, onClose: () => void) {
    this.#files = files;
    this.#chip = chip;
    this.#folder = path.join(chip, `pwm${address.channel}`);
    this.#address = address;
    this.#onClose = onClose;
  }

  get isExported(): boolean {
    return this.#files.exists(this.#folder);
  }

  /** Exported and without pulses. */
  open(): void {
    this.#export();
    try {
      this.reset();
    } catch (error) {
      this.unexport();
      throw error;
    }
  }

  /** No pulses, whatever it was set to before. */
  reset(): void {
    this.#stop();
    this.#setPolarity();
  }

  set(frequency: number, duty: number): void {
    this.#assertOpen();
    assertSettings(describeChannel(this.#address), frequency, duty);
    const period = Math.floor(NANOSECONDS / frequency);
    const width = Math.min(period, Math.round(period * duty));
    const state = this.#current();
    // At no time may the width exceed the period: the kernel refuses it.
    if (period > state.period) this.#writePeriod(state, period);
    const before = state.duty;
    if (width !== before) this.#writeDuty(state, width);
    if (period < state.period) {
      try {
        this.#writePeriod(state, period);
      } catch (error) {
        // What was refused as a whole must not leave a part behind.
        this.#writeDuty(state, before);
        this.#state = state;
        throw error;
      }
    }
    if (!state.isEnabled) {
      this.#write("enable", 1);
      state.isEnabled = true;
    }
  }

  off(): void {
    this.#assertOpen();
    this.#stop();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    try {
      this.#stop();
    } finally {
      this.unexport();
    }
  }

  unexport(): void {
    try {
      this.#files.write(path.join(this.#chip, "unexport"), String(this.#address.channel));
    } catch {
      // Somebody else did, or the chip is gone: it is not ours any more, which was wanted.
    }
  }

  /** Low first: some controllers keep the level that they are disabled at. */
  #stop(): void {
    const state = this.#current();
    if (state.duty !== 0) this.#writeDuty(state, 0);
    if (!state.isEnabled) return;
    try {
      this.#files.write(path.join(this.#folder, "enable"), "0");
    } catch {
      // Refused while the period that the controller came up with is out of its own bounds, as of a PCA9685 that was never set.
      this.#writePeriod(state, ORDINARY_PERIOD);
      this.#write("enable", 0);
    }
    state.isEnabled = false;
  }

  #setPolarity(): void {
    const file = path.join(this.#folder, "polarity");
    // Some controllers have none.
    if (!this.#files.exists(file) || this.#files.read(file) !== "inversed") return;
    const state = this.#current();
    // The kernel wants a period before it takes a polarity.
    if (state.period === 0) this.#writePeriod(state, ORDINARY_PERIOD);
    this.#write("polarity", "normal");
  }

  #current(): ChannelState {
    if (this.#state === undefined) {
      const read = (file: string): number => Number(this.#files.read(path.join(this.#folder, file)));
      this.#state = { period: read("period"), duty: read("duty_cycle"), isEnabled: read("enable") === 1 };
    }
    return this.#state;
  }

  #export(): void {
    const name = describeChannel(this.#address);
    const file = path.join(this.#chip, "export");
    if (!this.isExported) {
      try {
        this.#files.write(file, String(this.#address.channel));
      } catch (cause) {
        const code = systemCode(cause);
        if (code === "EACCES" || code === "EPERM")
          throw new PinionError("PWM_PERMISSION", `PWM ${name}: ${permissionAdvice(file)}`, { cause });
        if (code === "EBUSY") throw new PinionError("PWM_CHANNEL_BUSY", `PWM ${name} is held by a driver of the kernel`, { cause });
        throw new PinionError("PWM_FAILED", `PWM ${name}: cannot be exported: ${messageOf(cause)}`, { cause });
      }
    }
    const closed = closedAfterExport(this.#files, this.#folder, ["period", "duty_cycle", "enable"]);
    if (closed === undefined) return;
    if (!this.#files.exists(closed)) throw new PinionError("PWM_FAILED", `PWM ${name}: exported, but ${closed} did not appear`);
    throw new PinionError("PWM_PERMISSION", `PWM ${name}: ${permissionAdvice(closed)}`);
  }

  #writePeriod(state: ChannelState, period: number): void {
    this.#write("period", period);
    state.period = period;
  }

  #writeDuty(state: ChannelState, duty: number): void {
    this.#write("duty_cycle", duty);
    state.duty = duty;
  }

  #write(file: "period" | "duty_cycle" | "enable" | "polarity", value: number | string): void {
    try {
      this.#files.write(path.join(this.#folder, file), String(value));
    } catch (cause) {
      this.#state = undefined;
      const what = `PWM ${describeChannel(this.#address)}: writing ${value} to ${file}`;
      if (systemCode(cause) === "EINVAL" && file !== "enable") {
        throw new PinionError(
          "PWM_UNSUPPORTED",
          `${what}: the controller refuses it; try another frequency (period and duty_cycle are in ns)`,
          { cause },
        );
      }
      throw new PinionError("PWM_FAILED", `${what}: ${messageOf(cause)}`, { cause });
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedOutput(describeChannel(this.#address));
  }
}
