/**
 * Drives outputs to their safe levels when the module that should do it is gone, and holds GPIO lines until the module drives them again: a line that
 * nobody holds falls back to whatever its controller does.
 */
import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { isPinionError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import { type Millis, millis } from "../../base/millis.js";
import type { ResourceName } from "../../resource/resource-name.js";
import { type DirectAction, describeAction, type SafeExecutor, type SafeFailure } from "../../resource/safe-action.js";
import type { OutputLines } from "../gpio/gpio.js";
import { describeLine } from "../gpio/gpio-errors.js";
import type { Hardware } from "../hardware.js";

export interface SafeOutputsOptions {
  readonly hardware: Hardware;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Loads what the first transfer, or the first port, would. */
  readonly preload?: { readonly i2c: () => void; readonly serial: () => void };
}

type LineAction = DirectAction & { readonly kind: "line" };
/** What one call of the kernel does. */
type QuickAction = LineAction | (DirectAction & { readonly kind: "pwm" });
type SlowAction = Exclude<DirectAction, QuickAction>;

interface HeldLine {
  readonly lines: OutputLines;
  readonly users: Set<ResourceName>;
}

/** For each step. What a killed process held the kernel takes back within milliseconds. */
const STEP_LIMIT: Millis = millis(1000);
/** A bit less, because it knows why. */
const CONNECT_LIMIT: Millis = millis(900);
const FIRST_PAUSE: Millis = millis(1);
const LONGEST_PAUSE: Millis = millis(20);
const CONSUMER = "pinion (safe level)";

export class SafeOutputs implements SafeExecutor, AsyncDisposable {
  readonly #options: SafeOutputsOptions;
  readonly #held = new Map<string, HeldLine>();
  /** What is being done for each resource. */
  readonly #work = new Map<ResourceName, AbortController>();

  constructor(options: SafeOutputsOptions) {
    this.#options = options;
  }

  prepare(actions: readonly DirectAction[]): void {
    for (const action of actions) {
      try {
        this.#prepare(action);
      } catch (error) {
        this.#options.logger.warn(
          { output: describeAction(action), error: messageOf(error) },
          "should its module die, the supervisor could not make this output safe",
        );
      }
    }
  }

  async perform(resource: ResourceName, actions: readonly DirectAction[]): Promise<readonly SafeFailure[]> {
    this.#giveUp(resource, "it is done anew");
    const controller = new AbortController();
    this.#work.set(resource, controller);
    const { signal } = controller;
    const failures: SafeFailure[] = [];
    try {
      for (let index = 0; index < actions.length; ) {
        const action = actions[index];
        if (action === undefined) break;
        if (signal.aborted) {
          failures.push({ action, error: signal.reason });
          index += 1;
          continue;
        }
        if (isQuick(action)) {
          const quick = quickFrom(actions, index);
          index += quick.length;
          failures.push(...(await this.#driveQuick(resource, quick, signal)));
          continue;
        }
        index += 1;
        failures.push(...(await this.#drive(action, signal)));
      }
    } finally {
      if (this.#work.get(resource) === controller) this.#work.delete(resource);
    }
    return failures;
  }

  release(resource: ResourceName): void {
    this.#giveUp(resource, "its module is back");
    for (const [key, { lines, users }] of this.#held) {
      if (!users.has(resource)) continue;
      // Also when another resource has it: one that shares it drives it from now on.
      this.#held.delete(key);
      this.#close(lines, key);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#work.keys()) this.#giveUp(resource, "the supervisor ends");
    for (const [key, { lines }] of this.#held) this.#close(lines, key);
    this.#held.clear();
  }

  #prepare(action: DirectAction): void {
    const { hardware, preload } = this.#options;
    switch (action.kind) {
      case "line":
        // Asks the kernel, which takes all that driving it takes.
        hardware.gpio.lineInfo(action);
        return;
      case "i2c":
        preload?.i2c();
        return;
      case "serial":
        preload?.serial();
        return;
      case "pwm":
        if (action.orLine !== undefined) hardware.gpio.lineInfo(action.orLine);
        return;
    }
  }

  /** Each at once; those that are still held by what is just dying again and again for a while. */
  async #driveQuick(resource: ResourceName, actions: readonly QuickAction[], signal: AbortSignal): Promise<readonly SafeFailure[]> {
    const { clock } = this.#options;
    const deadline = clock.now() + STEP_LIMIT;
    let left = actions;
    const failures: SafeFailure[] = [];
    for (let pause = FIRST_PAUSE; ; pause = millis(Math.min(pause * 2, LONGEST_PAUSE))) {
      const busy: SafeFailure[] = [];
      for (const action of left) {
        try {
          if (action.kind === "line") this.#driveLine(resource, action);
          else this.#switchOff(resource, action);
        } catch (error) {
          (isPinionError(error, "GPIO_LINE_BUSY") ? busy : failures).push({ action, error });
        }
      }
      if (busy.length === 0) return failures;
      if (clock.now() >= deadline) return [...failures, ...busy];
      left = busy.map(({ action }) => action).filter(isQuick);
      try {
        await clock.sleep(pause, signal);
      } catch {
        return [...failures, ...busy]; // its module is back meanwhile
      }
    }
  }

  #switchOff(resource: ResourceName, { orLine, ...address }: QuickAction & { readonly kind: "pwm" }): void {
    if (this.#options.hardware.pwm.switchOff(address) || orLine === undefined) return;
    this.#driveLine(resource, { ...orLine, isHigh: false });
  }

  #driveLine(resource: ResourceName, { chip, offset, isHigh }: Omit<LineAction, "kind">): void {
    const key = describeLine({ chip, offset });
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.lines.set([isHigh]);
      held.users.add(resource);
      return;
    }
    const lines = this.#options.hardware.gpio.openOutputs([{ chip, offset }], { consumer: CONSUMER, initial: [isHigh] });
    this.#held.set(key, { lines, users: new Set([resource]) });
  }

  async #drive(action: SlowAction, signal: AbortSignal): Promise<readonly SafeFailure[]> {
    const { clock } = this.#options;
    try {
      await withDeadline(clock, STEP_LIMIT, describeAction(action), this.#write(action, signal));
      return [];
    } catch (error) {
      return [{ action, error }];
    }
  }

  #write(action: SlowAction, signal: AbortSignal): Promise<void> {
    return action.kind === "i2c" ? this.#writeI2c(action) : this.#writeSerial(action, signal);
  }

  async #writeI2c({ bus, address, bytes, mask }: DirectAction & { readonly kind: "i2c" }): Promise<void> {
    const device = this.#options.hardware.i2c.device(bus, address);
    const [register = 0, ...values] = bytes;
    const [value] = values;
    if (value !== undefined && mask !== undefined) {
      await device.sequence(async (own) => own.writeByte(register, ((await own.readByte(register)) & ~mask) | (value & mask)));
    } else if (value === undefined) await device.send(Uint8Array.from(bytes));
    else if (values.length === 1) await device.writeByte(register, value);
    else await device.writeBlock(register, Uint8Array.from(values));
  }

  async #writeSerial({ port, baudRate, bytes }: DirectAction & { readonly kind: "serial" }, signal: AbortSignal): Promise<void> {
    const { hardware, clock } = this.#options;
    const link = hardware.serial.open({ port, baudRate });
    let why: Error | undefined;
    link.onState((state) => {
      if (!state.isConnected) why = state.error;
    });
    const limit = new AbortController();
    const timer = clock.after(CONNECT_LIMIT, () => limit.abort(new Error("it did not open in time")));
    try {
      await link.connected(AbortSignal.any([signal, limit.signal])).catch((error: unknown) => {
        throw why ?? error;
      });
      await link.write(Uint8Array.from(bytes));
    } finally {
      timer.cancel();
      await link.close();
    }
  }

  #giveUp(resource: ResourceName, why: string): void {
    this.#work.get(resource)?.abort(new Error(`given up: ${why}`));
  }

  #close(lines: OutputLines, key: string): void {
    try {
      lines.close();
    } catch (error) {
      this.#options.logger.warn({ line: key, error: messageOf(error) }, "a line held at its safe level could not be let go");
    }
  }
}

function isQuick(action: DirectAction): action is QuickAction {
  return action.kind === "line" || action.kind === "pwm";
}

/** As many of them as follow one another from here. */
function quickFrom(actions: readonly DirectAction[], start: number): readonly QuickAction[] {
  const rest = actions.slice(start);
  const end = rest.findIndex((action) => !isQuick(action));
  return rest.slice(0, end === -1 ? rest.length : end).filter(isQuick);
}
