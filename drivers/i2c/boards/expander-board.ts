/** A board on a chip that can do only some of what boards can: the rest says so. */
import { type AnalogReading, type Board, type RpcError, type Tick, unimplemented } from "pinion/sdk";
import { hex } from "../chip.js";

/** `0x40` of bus 1 is `i2c-1/0x40`: with a slash and the number of a pin, what stands for that pin on the whole machine. */
export function pinKeyOf(bus: number, address: number): string {
  return `i2c-${bus}/${hex(address)}`;
}

export abstract class ExpanderBoard implements Board {
  /** For people: `a PCA9685`. */
  protected abstract readonly kind: string;

  async setGpio(_pin: string, _isHigh: boolean): Promise<void> {
    throw this.#cannot("set pins");
  }

  async getGpio(_pin: string): Promise<boolean> {
    throw this.#cannot("read pins");
  }

  async getPwm(_pin: string): Promise<number> {
    throw this.#cannot("do PWM");
  }

  async setPwm(_pin: string, _dutyCycle: number): Promise<void> {
    throw this.#cannot("do PWM");
  }

  async getPwmFrequency(_pin: string): Promise<number> {
    throw this.#cannot("do PWM");
  }

  async setPwmFrequency(_pin: string, _frequency: number): Promise<void> {
    throw this.#cannot("do PWM");
  }

  async readAnalog(_reader: string): Promise<AnalogReading> {
    throw this.#cannot("read voltages");
  }

  async writeAnalog(): Promise<void> {
    throw this.#cannot("write voltages");
  }

  async getDigitalInterruptValue(_interrupt: string): Promise<number> {
    throw this.#cannot("tell edges");
  }

  async streamTicks(
    _interrupts: readonly string[],
    _options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<AsyncIterable<Tick>> {
    throw this.#cannot("tell edges");
  }

  async setPowerMode(): Promise<void> {
    throw this.#cannot("save power");
  }

  #cannot(what: string): RpcError {
    return unimplemented(`${this.kind} cannot ${what}`);
  }
}
