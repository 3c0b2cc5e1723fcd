/** The pins of one board: made when they are first named, given to the resources of this module that are wired to them. */
import type { Edge, EdgeLines, Hardware, OutputLines } from "pinion/hardware";
import { failedPrecondition, invalidArgument, type ResourceLogger } from "pinion/sdk";
import type { EnablePin, OutputPins, PinEdge, PinSource, PinUser, PwmPin, WatchedPins } from "../pins/pin-source.js";
import { BankPin } from "./bank-pin.js";
import { keyOf, type PinNames, type PinSettings } from "./pin-names.js";
import { PwmLine } from "./pwm-line.js";
import { SharedEnable } from "./shared-enable.js";

export interface PinBankOptions {
  readonly hardware: Pick<Hardware, "gpio" | "pwm">;
  /** The board's name. */
  readonly board: string;
  readonly logger: ResourceLogger;
  readonly names: PinNames;
  /** Of pins that the config says something about, by `keyOf`. */
  readonly settings: ReadonlyMap<string, PinSettings>;
}

export class PinBank implements PinSource {
  readonly board: string;
  readonly #options: PinBankOptions;
  readonly #pins = new Map<string, BankPin>();
  readonly #enables = new Map<BankPin, SharedEnable>();
  #isClosed = false;

  constructor(options: PinBankOptions) {
    this.#options = options;
    this.board = options.board;
  }

  get pins(): readonly BankPin[] {
    return [...this.#pins.values()];
  }

  /** By any of its names. */
  pin(name: string): BankPin {
    if (this.#isClosed) throw failedPrecondition(`board ${this.board} is closed`);
    const { hardware, board, logger, names, settings } = this.#options;
    const found = names.find(name);
    const key = keyOf(found);
    let pin = this.#pins.get(key);
    if (pin === undefined) {
      pin = new BankPin({ hardware, board, logger, found, settings: settings.get(key) ?? {} });
      this.#pins.set(key, pin);
    }
    return pin;
  }

  async openOutputs(names: readonly string[], user: PinUser): Promise<OutputPins> {
    const pins = this.#prepare(names, user, "driven");
    const groups = grouped(pins, ({ line }) => line.chip);
    const opened: { readonly lines: OutputLines; readonly members: readonly number[] }[] = [];
    let isClosed = false;
    const close = once(() => {
      isClosed = true;
      for (const pin of pins) pin.letGo();
      closeAll(
        opened.map(({ lines }) => () => {
          lines.set(lines.addresses.map(() => false));
        }),
        opened.map(
          ({ lines }) =>
            () =>
              lines.close(),
        ),
      );
    });
    try {
      for (const members of groups) {
        const addresses = members.map((index) => pinAt(pins, index).lineToDrive());
        const lines = this.#options.hardware.gpio.openOutputs(addresses, { consumer: user.name, initial: addresses.map(() => false) });
        opened.push({ lines, members });
        for (const [index, member] of members.entries()) pinAt(pins, member).hold(user.name, { kind: "output", lines, index, close });
      }
    } catch (error) {
      close();
      throw error;
    }
    return {
      set: async (levels) => {
        if (isClosed && !levels.includes(true)) return; // closed pins are low
        for (const { lines, members } of opened) lines.set(members.map((member) => levels[member]));
      },
      close: async () => close(),
    };
  }

  async openEnable(name: string, isActiveLow: boolean, user: PinUser): Promise<EnablePin> {
    const pin = this.pin(name);
    let shared = this.#enables.get(pin);
    if (shared === undefined) {
      pin.assertFreeFor(user.name, "driven");
      pin.clear();
      shared = new SharedEnable({
        gpio: this.#options.hardware.gpio,
        pin,
        isActiveLow,
        consumer: user.name,
        onFree: () => this.#enables.delete(pin),
      });
      this.#enables.set(pin, shared);
    }
    return shared.join(isActiveLow, user.name);
  }

  async openPwm(name: string, { isExact }: { readonly isExact: boolean }, user: PinUser): Promise<PwmPin> {
    const [pin] = this.#prepare([name], user, "driven");
    if (pin === undefined) throw invalidArgument("expected a pin");
    const { hardware, names } = this.#options;
    const { frequency: kept } = pin;
    const pwm = new PwmLine({
      hardware,
      ...names.find(name),
      consumer: user.name,
      isExact,
      logger: user.logger,
    });
    let isClosed = false;
    const close = once(() => {
      isClosed = true;
      pin.letGo();
      pwm.close();
    });
    pin.hold(user.name, { kind: "pwm", pwm, close });
    return {
      get kind() {
        return pwm.kind;
      },
      frequency: kept,
      set: async (frequency, duty) => {
        if (isClosed && duty === 0) return; // closed pins are low
        pwm.set(frequency, duty);
      },
      close: async () => close(),
    };
  }

  async watch(names: readonly string[], user: PinUser, onEdge: (edge: PinEdge) => void): Promise<WatchedPins> {
    const pins = this.#prepare(names, user, "watched");
    const groups = grouped(pins, ({ line, settings: { bias, debounce } }) => `${line.chip} ${bias} ${debounce}`);
    if (groups.length > 1)
      user.logger.warn("the pins are of different chips or settings: the order of their edges is not certain", { pins: names });
    const opened: { readonly lines: EdgeLines; readonly members: readonly number[] }[] = [];
    let failure: Error | undefined;
    const close = once(() => {
      failure = failedPrecondition(`edges of ${names.join(", ")} are not told any more: board ${this.board} is closed`);
      for (const pin of pins) pin.letGo();
      for (const { lines } of opened) lines.close();
      if (!this.#isClosed) this.#watchAgain(pins);
    });
    try {
      for (const members of groups) {
        const lines = this.#watchGroup(pins, members, user, onEdge);
        opened.push({ lines, members });
        for (const [index, member] of members.entries()) pinAt(pins, member).hold(user.name, { kind: "watched", lines, index, close });
      }
    } catch (error) {
      close();
      throw error;
    }
    return {
      get failure() {
        return failure;
      },
      hasKernelTime: opened.every(({ lines }) => lines.hasKernelTime),
      get lost() {
        return opened.reduce((sum, { lines }) => sum + lines.lost, 0);
      },
      get: async () => {
        const levels: boolean[] = pins.map(() => false);
        for (const { lines, members } of opened) {
          const read = lines.get();
          for (const [index, member] of members.entries()) levels[member] = read[index] === true;
        }
        return levels;
      },
      close: async () => close(),
    };
  }

  /** Ends all use; outputs go low. Whatever fails, the rest is closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeAll(this.pins.map((pin) => () => pin.close()));
  }

  #watchGroup(pins: readonly BankPin[], members: readonly number[], user: PinUser, onEdge: (edge: PinEdge) => void): EdgeLines {
    const watched = members.map((index) => pinAt(pins, index));
    const options = { consumer: user.name, ...watched[0]?.settings };
    const onEdges = (edges: readonly Edge[]): void => {
      for (const edge of edges) {
        watched[edge.index]?.interrupt.edge(edge);
        onEdge({ index: members[edge.index] ?? edge.index, isHigh: edge.isHigh, time: edge.time });
      }
    };
    return this.#options.hardware.gpio.watch(
      watched.map(({ line }) => line),
      options,
      onEdges,
    );
  }

  /** Free of what clients made of them; throws, and leaves all as they are, when the user cannot have one. */
  #prepare(names: readonly string[], user: PinUser, use: "driven" | "watched"): readonly BankPin[] {
    const pins = names.map((name) => this.pin(name));
    for (const [index, pin] of pins.entries()) {
      if (pins.indexOf(pin) !== index) throw invalidArgument(`${names.join(", ")}: expected different pins, got ${pin.label} twice`);
      pin.assertFreeFor(user.name, use);
    }
    for (const pin of pins) pin.clear();
    return pins;
  }

  /** The config's interrupts, and those that somebody listens to, go on when a resource lets go of them. */
  #watchAgain(pins: readonly BankPin[]): void {
    for (const pin of pins.filter(({ isConfiguredInterrupt, interrupt }) => isConfiguredInterrupt || interrupt.hasListeners)) {
      try {
        pin.watch();
      } catch (error) {
        this.#options.logger.warn("the digital interrupt does not count any more", { pin: pin.label, error });
      }
    }
  }
}

/** Indexes of the pins that can go into one request each. */
function grouped(pins: readonly BankPin[], keyOfPin: (pin: BankPin) => string): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, pin] of pins.entries()) {
    const key = keyOfPin(pin);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [index]);
    else members.push(index);
  }
  return [...groups.values()];
}

function pinAt(pins: readonly BankPin[], index: number): BankPin {
  const pin = pins[index];
  if (pin === undefined) throw invalidArgument(`no pin ${index}`);
  return pin;
}

/** Runs all, in each list in turn, and throws the first error afterwards. */
function closeAll(...steps: readonly (readonly (() => void)[])[]): void {
  const errors: unknown[] = [];
  for (const step of steps.flat()) {
    try {
      step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
