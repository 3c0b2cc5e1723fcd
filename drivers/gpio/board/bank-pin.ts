/** One pin of a board: what it is used as now, by the board's clients or by a resource that holds it. */
import type { EdgeLines, Hardware, LineAddress, Lines, OutputLines } from "pinion/hardware";
import { failedPrecondition, type ResourceLogger } from "pinion/sdk";
import { Interrupt } from "./interrupt.js";
import type { FoundPin, PinSettings } from "./pin-names.js";
import { PwmLine } from "./pwm-line.js";

/** What a resource took. It may cover several pins; `index` is this one's among them. */
export type HeldUse =
  | { readonly kind: "output"; readonly lines: OutputLines; readonly index: number; readonly close: () => void }
  | { readonly kind: "pwm"; readonly pwm: PwmLine; readonly close: () => void }
  | { readonly kind: "watched"; readonly lines: EdgeLines; readonly index: number; readonly close: () => void };

type Use =
  | { readonly kind: "closed" }
  | { readonly kind: "input"; readonly lines: Lines }
  | { readonly kind: "output"; readonly lines: OutputLines }
  | { readonly kind: "pwm"; readonly pwm: PwmLine }
  | { readonly kind: "interrupt"; readonly lines: EdgeLines }
  | { readonly kind: "held"; readonly holder: string; readonly use: HeldUse };

export interface BankPinParts {
  readonly hardware: Pick<Hardware, "gpio" | "pwm">;
  /** The board's name. */
  readonly board: string;
  readonly logger: ResourceLogger;
  readonly found: FoundPin;
  readonly settings: PinSettings;
}

/** Frequency with which a level is held on a pin that gives the kernel's PWM. Hertz. */
const LEVEL_FREQUENCY = 10;

export class BankPin {
  readonly interrupt: Interrupt = new Interrupt();
  /** The config names it an interrupt: it is watched whenever nobody else has it. */
  isConfiguredInterrupt = false;
  readonly #parts: BankPinParts;
  #use: Use = { kind: "closed" };
  #duty = 0;
  #frequency = 0;

  constructor(parts: BankPinParts) {
    this.#parts = parts;
  }

  get label(): string {
    return this.#parts.found.label;
  }

  get settings(): PinSettings {
    return this.#parts.settings;
  }

  /** As it was set by the board's clients, or by the resource that holds the pin. */
  get duty(): number {
    return this.#heldPwm?.duty ?? this.#duty;
  }

  get frequency(): number {
    return this.#heldPwm?.frequency ?? this.#frequency;
  }

  get kind(): Use["kind"] {
    return this.#use.kind;
  }

  get holder(): string | undefined {
    return this.#use.kind === "held" ? this.#use.holder : undefined;
  }

  /** Throws for a pin that has only PWM. */
  get line(): LineAddress {
    const { line, label } = this.#parts.found;
    if (line !== undefined) return line;
    throw failedPrecondition(`pin ${label} of ${this.#parts.board} has PWM only: it has no GPIO line to read, set or watch`);
  }

  /** Its line, to be opened as an output. A PWM channel in use would count as what drives the pin when the module dies: none is from now on. */
  lineToDrive(): LineAddress {
    const { pwm } = this.#parts.found;
    const { line } = this;
    if (pwm !== undefined) this.#parts.hardware.pwm.discard(pwm);
    return line;
  }

  /** Opened as an input where it is nothing yet; what is an output stays one. */
  read(): boolean {
    const use = this.#use;
    switch (use.kind) {
      case "closed":
        return this.#openInput().get()[0] === true;
      case "input":
      case "output":
      case "interrupt":
        return use.lines.get()[0] === true;
      case "pwm":
        return this.#readPwm();
      case "held":
        if (use.use.kind === "pwm") return this.#readPwm();
        return use.use.lines.get()[use.use.index] === true;
    }
  }

  /** Makes it an input, whatever the board's clients made of it before. */
  makeInput(): void {
    this.#assertFree("read as an input");
    if (this.#use.kind === "interrupt" || this.#use.kind === "input") return;
    this.release();
    this.#openInput();
  }

  write(isHigh: boolean): void {
    this.#assertFree("set");
    this.#assertNoInterrupt("set");
    this.#duty = 0;
    if (this.#use.kind === "output") {
      this.#use.lines.set([isHigh]);
      return;
    }
    if ((this.#use.kind === "pwm" && this.#use.pwm.kind === "hardware") || this.#parts.found.line === undefined) {
      this.#pwm().set(LEVEL_FREQUENCY, isHigh ? 1 : 0);
      return;
    }
    this.release();
    const lines = this.#parts.hardware.gpio.openOutputs([this.lineToDrive()], { consumer: this.#consumer, initial: [isHigh] });
    this.#use = { kind: "output", lines };
  }

  /** 0 to 1. There are pulses as soon as there is a frequency too. */
  setDuty(duty: number): void {
    this.#assertFree("pulsed");
    this.#assertNoInterrupt("pulsed");
    if (duty === 0 && this.#use.kind !== "pwm") this.write(false);
    else if (this.#frequency > 0 || duty === 0) this.#pwm().set(this.#frequency || LEVEL_FREQUENCY, duty);
    this.#duty = duty;
  }

  /** Hertz, 1 or more. */
  setFrequency(frequency: number): void {
    this.#assertFree("pulsed");
    this.#assertNoInterrupt("pulsed");
    if (this.#duty > 0) this.#pwm().set(frequency, this.#duty);
    this.#frequency = frequency;
  }

  /** Watches it for the board's clients, unless it is watched already. */
  watch(): void {
    if (this.#use.kind === "interrupt") return;
    if (this.#use.kind === "held" && this.#use.use.kind === "watched") return;
    this.#assertFree("watched");
    this.release();
    const options = { consumer: this.#consumer, ...this.settings };
    const lines = this.#parts.hardware.gpio.watch([this.line], options, (edges) => {
      for (const edge of edges) this.interrupt.edge(edge);
    });
    this.#use = { kind: "interrupt", lines };
  }

  /** Throws when `user` cannot have it. */
  assertFreeFor(user: string, use: "driven" | "watched"): void {
    const { board } = this.#parts;
    if (this.#use.kind === "held") {
      throw failedPrecondition(`pin ${this.label} of ${board} is held by ${this.#use.holder}, so that ${user} cannot have it`);
    }
    if (this.isConfiguredInterrupt && use === "driven") {
      throw failedPrecondition(
        `pin ${this.label} of ${board} is a digital interrupt in the board's config, so that ${user} cannot drive it`,
      );
    }
  }

  /** For a resource that takes it: what the board's clients made of it ends. */
  clear(): void {
    this.release();
    this.#duty = 0;
  }

  hold(holder: string, use: HeldUse): void {
    this.#use = { kind: "held", holder, use };
  }

  /** The holder let go. */
  letGo(): void {
    this.#use = { kind: "closed" };
  }

  /** Ends what the board's clients made of it: outputs go low. What a resource holds stays. */
  release(): void {
    const use = this.#use;
    if (use.kind === "closed" || use.kind === "held") return;
    this.#use = { kind: "closed" };
    if (use.kind === "pwm") {
      use.pwm.close();
      return;
    }
    try {
      if (use.kind === "output") use.lines.set([false]);
    } finally {
      use.lines.close();
    }
  }

  /** Ends all use, a resource's too. */
  close(): void {
    if (this.#use.kind === "held") this.#use.use.close();
    this.release();
  }

  get #heldPwm(): PwmLine | undefined {
    return this.#use.kind === "held" && this.#use.use.kind === "pwm" ? this.#use.use.pwm : undefined;
  }

  get #consumer(): string {
    return this.#parts.board;
  }

  #openInput(): Lines {
    const { bias } = this.#parts.settings;
    const lines = this.#parts.hardware.gpio.openInputs([this.line], { consumer: this.#consumer, ...(bias === undefined ? {} : { bias }) });
    this.#use = { kind: "input", lines };
    return lines;
  }

  #pwm(): PwmLine {
    if (this.#use.kind === "pwm") return this.#use.pwm;
    this.release();
    const { hardware, found, logger } = this.#parts;
    const pwm = new PwmLine({ hardware, ...found, consumer: this.#consumer, isExact: false, logger });
    this.#use = { kind: "pwm", pwm };
    return pwm;
  }

  #readPwm(): never {
    throw failedPrecondition(`pin ${this.label} of ${this.#parts.board} gives PWM, and has no level to read`);
  }

  #assertFree(done: string): void {
    if (this.#use.kind !== "held") return;
    throw failedPrecondition(
      `pin ${this.label} of ${this.#parts.board} is held by ${this.#use.holder}, and cannot be ${done}; use ${this.#use.holder} instead`,
    );
  }

  #assertNoInterrupt(done: string): void {
    if (this.#use.kind !== "interrupt") return;
    throw failedPrecondition(`pin ${this.label} of ${this.#parts.board} is a digital interrupt: it can be read, not ${done}`);
  }
}
