/** A board: the GPIO pins of the machine this runs on. */
import type { Hardware } from "pinion/hardware";
import {
  type AnalogReading,
  type Board,
  type CallOptions,
  invalidArgument,
  type Lifecycle,
  type ResourceLogger,
  type Tick,
  TickFeed,
  unimplemented,
  type Values,
} from "pinion/sdk";
import type { BoardRegistry } from "../pins/board-registry.js";
import { type BoardAttributes, type InterruptPin, interruptsOf } from "./attributes.js";
import type { BankPin } from "./bank-pin.js";
import { PinBank } from "./pin-bank.js";
import { type Header, keyOf, PinNames, type PinSettings } from "./pin-names.js";

export interface LinuxBoardOptions {
  readonly name: string;
  readonly fullName: string;
  readonly attributes: BoardAttributes;
  readonly header: Header | undefined;
  readonly hardware: Pick<Hardware, "gpio" | "pwm">;
  readonly boards: BoardRegistry;
  readonly logger: ResourceLogger;
}

export class LinuxBoard implements Board, Lifecycle<BoardAttributes> {
  readonly #options: LinuxBoardOptions;
  readonly #bank: PinBank;
  readonly #interrupts: readonly InterruptPin[];
  readonly #feeds = new Set<TickFeed>();

  constructor(options: LinuxBoardOptions) {
    const { name, fullName, attributes, header, hardware, boards, logger } = options;
    this.#options = options;
    // Without GPIO the board must not seem to be there.
    const { backend } = hardware.gpio;
    this.#interrupts = interruptsOf(attributes);
    const names = new PinNames(hardware.gpio, header, [...this.#interrupts, ...attributes.pins]);
    this.#bank = new PinBank({ hardware, board: name, logger, names, settings: settingsOf(attributes, names) });
    try {
      for (const interrupt of this.#interrupts) {
        const pin = this.#bank.pin(interrupt.name);
        pin.isConfiguredInterrupt = true;
        pin.watch();
      }
    } catch (error) {
      this.#bank.close();
      throw error;
    }
    boards.add(fullName, this.#bank);
    logger.info("board ready", { board: header?.name ?? "no table of the header", gpio: backend });
  }

  async setGpio(pin: string, isHigh: boolean): Promise<void> {
    this.#bank.pin(pin).write(isHigh);
  }

  async getGpio(pin: string, options?: CallOptions): Promise<boolean> {
    const found = this.#bank.pin(pin);
    if (options?.extra?.["direction"] === "input") found.makeInput();
    return found.read();
  }

  async getPwm(pin: string): Promise<number> {
    return this.#bank.pin(pin).duty;
  }

  async setPwm(pin: string, dutyCycle: number): Promise<void> {
    if (!(dutyCycle >= 0 && dutyCycle < 1.01)) throw invalidArgument(`duty_cycle_pct: expected 0 to 1, got ${dutyCycle}`);
    this.#bank.pin(pin).setDuty(Math.min(dutyCycle, 1));
  }

  async getPwmFrequency(pin: string): Promise<number> {
    return this.#bank.pin(pin).frequency;
  }

  async setPwmFrequency(pin: string, frequency: number): Promise<void> {
    if (!(frequency >= 1)) throw invalidArgument(`frequency_hz: expected 1 or more, got ${frequency}`);
    this.#bank.pin(pin).setFrequency(frequency);
  }

  async readAnalog(reader: string): Promise<AnalogReading> {
    const { analogs } = this.#options.attributes;
    if (analogs.some(({ name }) => name === reader)) {
      throw unimplemented(
        `AnalogReader (${reader}): converters on SPI, such as the MCP3008, are not supported; use an ADS1115 on I2C, a board of the model pinion:i2c:ads1115`,
      );
    }
    const known = analogs.map(({ name }) => name).join(", ");
    throw invalidArgument(`can't find AnalogReader (${reader}); this board has ${known === "" ? "none" : known}`);
  }

  async writeAnalog(pin: string): Promise<void> {
    throw unimplemented(`pin ${pin}: this board has no analog outputs; use SetPWM, or a board with a converter`);
  }

  async getDigitalInterruptValue(interrupt: string): Promise<number> {
    return this.#watched(interrupt).interrupt.risingEdges;
  }

  async streamTicks(interrupts: readonly string[], options?: CallOptions): Promise<AsyncIterable<Tick>> {
    options?.signal?.throwIfAborted();
    const pins = [...new Set(interrupts)].map((name) => [name, this.#watched(name)] as const);
    const stop: (() => void)[] = [];
    const feed = new TickFeed({
      signal: options?.signal,
      onEnd: () => {
        for (const end of stop) end();
        this.#feeds.delete(feed);
      },
      onSlow: () => this.#options.logger.warn("a client reads ticks too slowly and loses the oldest", { interrupts }),
    });
    for (const [name, pin] of pins) stop.push(pin.interrupt.listen(({ isHigh, time }) => feed.push({ pin: name, time, isHigh })));
    this.#feeds.add(feed);
    return feed;
  }

  async setPowerMode(): Promise<void> {
    throw unimplemented("this board has no power modes");
  }

  async getStatus(): Promise<Values> {
    const used = this.#bank.pins.filter(({ kind }) => kind !== "closed");
    return {
      gpio: this.#options.hardware.gpio.backend,
      header: this.#options.header?.name ?? "none",
      pins: Object.fromEntries(used.map((pin) => [pin.label, pin.holder === undefined ? pin.kind : `held by ${pin.holder}`])),
      digital_interrupts: Object.fromEntries(this.#interrupts.map(({ name }) => [name, this.#bank.pin(name).interrupt.risingEdges])),
    };
  }

  close(): void {
    const { boards, fullName } = this.#options;
    boards.remove(fullName, this.#bank);
    for (const feed of this.#feeds) feed.end();
    this.#bank.close();
  }

  /** The interrupt of that name, or the pin, which becomes one. */
  #watched(name: string): BankPin {
    const pin = this.#bank.pin(name);
    pin.watch();
    return pin;
  }
}

function settingsOf({ pins }: BoardAttributes, names: PinNames): ReadonlyMap<string, PinSettings> {
  return new Map(
    pins.map(({ pin, bias, debounce_ms: debounce }): [string, PinSettings] => [
      keyOf(names.find(pin)),
      { ...(bias === undefined ? {} : { bias }), ...(debounce === 0 ? {} : { debounce: debounce * 1000 }) },
    ]),
  );
}
