/** A PCA9685 as a board: 16 outputs with PWM. */
import {
  type DependencyNames,
  failedPrecondition,
  invalidArgument,
  type Lifecycle,
  type ResourceContext,
  type SafeAction,
} from "pinion/sdk";
import * as v from "valibot";
import type { Rig } from "../rig.js";
import { ExpanderBoard, pinKeyOf } from "./expander-board.js";
import { type Pca9685Attributes, pca9685Entries, placeOf } from "./pca9685-attributes.js";
import { DEFAULT_FREQUENCY, type Pca9685, takePca9685 } from "./pca9685-chip.js";
import { ALL_OFF_H, CHANNELS, channelRegister, FULL } from "./pca9685-registers.js";
import type { SharedUse } from "./shared-chips.js";

export const schema: v.GenericSchema<unknown, Pca9685Attributes> = v.object(pca9685Entries);

/** Servos of this module take channels beside the board. */
export function validate(attributes: Pca9685Attributes): DependencyNames {
  const { i2c_bus: bus, i2c_addr: address } = placeOf(attributes);
  const write = (...bytes: number[]): SafeAction => ({ kind: "i2c", bus, address, bytes });
  const pins = Array.from({ length: CHANNELS }, (_, channel) => {
    const first = channelRegister(channel);
    return {
      names: [String(channel)],
      key: `${pinKeyOf(bus, address)}/${channel}`,
      low: [write(first + 3, FULL)],
      high: [write(first + 1, FULL), write(first + 3, 0)],
    };
  });
  return { hardware: { claims: [{ kind: "i2c", bus, address, part: "board" }], pins, safe: [write(ALL_OFF_H, FULL)] } };
}

export async function create({ attributes, logger }: ResourceContext<Pca9685Attributes>, rig: Rig): Promise<Pca9685Board> {
  const use = takePca9685(rig, { place: placeOf(attributes), oscillator: attributes.oscillator_hz, logger });
  try {
    await use.chip.open();
    return new Pca9685Board(use);
  } catch (error) {
    await use.release();
    throw error;
  }
}

class Pca9685Board extends ExpanderBoard implements Lifecycle<Pca9685Attributes> {
  protected readonly kind = "a PCA9685";
  readonly #use: SharedUse<Pca9685>;
  readonly #used = new Set<number>();

  constructor(use: SharedUse<Pca9685>) {
    super();
    this.#use = use;
  }

  override async setGpio(pin: string, isHigh: boolean): Promise<void> {
    await this.#drive(pin, isHigh ? 1 : 0);
  }

  override async getGpio(pin: string): Promise<boolean> {
    const duty = await this.#use.chip.duty(channelOf(pin));
    if (duty === 0 || duty === 1) return duty === 1;
    throw failedPrecondition(`${this.#use.chip.place}: channel ${pin} has no level: it pulses with a duty cycle of ${duty}`);
  }

  override async getPwm(pin: string): Promise<number> {
    return await this.#use.chip.duty(channelOf(pin));
  }

  override async setPwm(pin: string, dutyCycle: number): Promise<void> {
    if (!(dutyCycle >= 0 && dutyCycle < 1.01)) throw invalidArgument(`duty_cycle_pct: expected 0 to 1, got ${dutyCycle}`);
    await this.#drive(pin, Math.min(dutyCycle, 1));
  }

  override async getPwmFrequency(pin: string): Promise<number> {
    channelOf(pin);
    return this.#use.chip.frequency;
  }

  override async setPwmFrequency(pin: string, frequency: number): Promise<void> {
    const channel = channelOf(pin);
    this.#used.add(channel);
    await this.#use.chip.setFrequency(channel, { frequency: frequency === 0 ? DEFAULT_FREQUENCY : frequency, isFirm: false });
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return { frequency_hz: this.#use.chip.frequency };
  }

  async close(): Promise<void> {
    await this.#use.chip.letGo(this.#used);
    await this.#use.release();
  }

  async #drive(pin: string, duty: number): Promise<void> {
    const channel = channelOf(pin);
    this.#used.add(channel);
    await this.#use.chip.setDuty(channel, duty);
  }
}

function channelOf(pin: string): number {
  const channel = Number(pin);
  if (/^\d+$/.test(pin) && channel < CHANNELS) return channel;
  throw invalidArgument(`cannot find GPIO for unknown pin: ${pin}; a PCA9685 has the channels 0 to ${CHANNELS - 1}`);
}
