/** An enable pin that several resources share: on while any of them has it on. */
import type { Gpio, OutputLines } from "pinion/hardware";
import { failedPrecondition } from "pinion/sdk";
import type { EnablePin } from "../pins/pin-source.js";
import type { BankPin } from "./bank-pin.js";

export interface SharedEnableOptions {
  readonly gpio: Gpio;
  readonly pin: BankPin;
  readonly isActiveLow: boolean;
  /** Who takes it first, shown as the line's holder. */
  readonly consumer: string;
  /** Runs when the last user has gone. */
  readonly onFree: () => void;
}

export class SharedEnable {
  readonly #pin: BankPin;
  readonly #isActiveLow: boolean;
  readonly #lines: OutputLines;
  readonly #onFree: () => void;
  readonly #users = new Map<object, string>();
  readonly #on = new Set<object>();
  #isClosed = false;

  /** Off from the first moment. */
  constructor({ gpio, pin, isActiveLow, consumer, onFree }: SharedEnableOptions) {
    this.#pin = pin;
    this.#isActiveLow = isActiveLow;
    this.#onFree = onFree;
    this.#lines = gpio.openOutputs([pin.lineToDrive()], { consumer, initial: [isActiveLow] });
  }

  join(isActiveLow: boolean, user: string): EnablePin {
    if (isActiveLow !== this.#isActiveLow) {
      const others = [...this.#users.values()].join(", ");
      throw failedPrecondition(
        `pin ${this.#pin.label} is ${this.#isActiveLow ? "en_low" : "en_high"} of ${others}, and cannot be ${isActiveLow ? "en_low" : "en_high"} of ${user}`,
      );
    }
    const member = {};
    this.#users.set(member, user);
    this.#hold();
    return {
      set: async (isOn) => this.#set(member, isOn),
      close: async () => this.#leave(member),
    };
  }

  #set(member: object, isOn: boolean): void {
    if (this.#isClosed && !isOn) return;
    if (isOn) this.#on.add(member);
    else this.#on.delete(member);
    this.#lines.set([this.#on.size > 0 !== this.#isActiveLow]);
  }

  #leave(member: object): void {
    if (this.#isClosed || !this.#users.has(member)) return;
    try {
      this.#set(member, false);
    } finally {
      this.#users.delete(member);
      if (this.#users.size === 0) this.#close();
      else this.#hold();
    }
  }

  /** The pin shows all who share it. */
  #hold(): void {
    const close = (): void => this.#close();
    this.#pin.hold([...this.#users.values()].join(", "), { kind: "output", lines: this.#lines, index: 0, close });
  }

  /** Off, then let go. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pin.letGo();
    this.#onFree();
    try {
      this.#lines.set([this.#isActiveLow]);
    } finally {
      this.#lines.close();
    }
  }
}
