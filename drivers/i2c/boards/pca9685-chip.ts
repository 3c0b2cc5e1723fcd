/** One PCA9685 with all who use its channels. They share one frequency; outputs stay off after its supply was away until they are set again. */
import type { I2cDevice } from "pinion/hardware";
import { failedPrecondition, invalidArgument, type ResourceLogger } from "pinion/sdk";
import type { ChipAttributes } from "../attributes.js";
import { Chip, hex } from "../chip.js";
import type { Rig } from "../rig.js";
import { channelBytes, channelRegister, dutyOf, FULL, frequencyOf, prescaleOf } from "./pca9685-registers.js";
import type { SharedUse } from "./shared-chips.js";

const MODE1 = 0x00;
const MODE2 = 0x01;
const PRESCALE = 0xfe;
const RESTART = 0x80;
const EXTERNAL_CLOCK = 0x40;
const SLEEP = 0x10;
/** MODE1: auto-increment, awake, no other addresses. */
const AWAKE = 0x20;
/** MODE2: outputs are driven both ways, and change at the end of a transfer. */
const TOTEM_POLE = 0x04;
/** Milliseconds until the oscillator runs: 0.5. */
const WAKE_TIME = 1;
/** Hertz, as after reset. */
export const DEFAULT_FREQUENCY = 200;

/** What a channel asked for. */
export interface FrequencyWish {
  /** Hertz. */
  readonly frequency: number;
  /** Holds while the channel does not pulse, too. */
  readonly isFirm: boolean;
}

export interface Pca9685Options {
  readonly place: ChipAttributes;
  /** Hertz, as measured; nominally 25 MHz. */
  readonly oscillator: number;
  readonly logger: ResourceLogger;
}

/** Throws when another resource has the chip with another oscillator. */
export function takePca9685(rig: Rig, options: Pca9685Options): SharedUse<Pca9685> {
  const { i2c_bus: bus, i2c_addr: address } = options.place;
  const use = rig.shared.take(`PCA9685 ${bus} ${address}`, () => new Pca9685(rig, options));
  if (use.chip.oscillator === options.oscillator) return use;
  void use.release();
  throw failedPrecondition(
    `oscillator_hz: another resource uses this chip with ${use.chip.oscillator}, this one with ${options.oscillator}; give both the same`,
  );
}

export class Pca9685 {
  readonly oscillator: number;
  readonly #chip: Chip;
  /** What channels asked for. */
  readonly #wishes = new Map<number, FrequencyWish>();
  /** What channels were told, and the registers it came to. */
  readonly #duties = new Map<number, { readonly duty: number; readonly bytes: Uint8Array }>();
  #frequency = DEFAULT_FREQUENCY;

  constructor(rig: Rig, { place, oscillator, logger }: Pca9685Options) {
    this.oscillator = oscillator;
    const { i2c_bus: bus, i2c_addr: address } = place;
    this.#chip = new Chip(rig, {
      profile: {
        name: "PCA9685",
        hint: "its pads A0 to A5 set the address: see i2c_addr",
        isConfigured: async (device) =>
          ((await device.readByte(MODE1)) & ~(RESTART | EXTERNAL_CLOCK)) === AWAKE &&
          (await device.readByte(PRESCALE)) === this.#prescale(),
        configure: (device) => this.#configure(device),
      },
      bus,
      address,
      logger,
    });
    this.#chip.onReset = () => this.#duties.clear();
  }

  get place(): string {
    return this.#chip.place;
  }

  async open(): Promise<void> {
    await this.#chip.open();
  }

  close(): Promise<void> {
    return this.#chip.close();
  }

  /** Hertz, as asked for. */
  get frequency(): number {
    return this.#frequency;
  }

  /** For one channel, and with it for all: refused while another one needs another. */
  async setFrequency(channel: number, wish: FrequencyWish): Promise<void> {
    if (prescaleOf(wish.frequency, this.oscillator) === undefined) {
      const [lowest, highest] = [Math.ceil(frequencyOf(255, this.oscillator)), Math.floor(frequencyOf(3, this.oscillator))];
      throw invalidArgument(`frequency_hz: a PCA9685 has ${lowest} to ${highest} Hz, got ${wish.frequency}`);
    }
    this.#assertAlone(channel, wish.frequency);
    this.#wishes.set(channel, wish);
    await this.#applyFrequency(wish.frequency);
  }

  /** `duty` 0 to 1, where 0 and 1 are steady levels. */
  async setDuty(channel: number, duty: number): Promise<void> {
    const wish = this.#wishes.get(channel)?.frequency;
    // Another channel may have taken the frequency while this one did not pulse.
    if (wish !== undefined && isPulse(duty) && !this.#isSame(wish, this.#frequency)) {
      this.#assertAlone(channel, wish);
      await this.#applyFrequency(wish);
    }
    const bytes = channelBytes(duty);
    await this.#chip.use((device) => device.writeBlock(channelRegister(channel), bytes));
    this.#duties.set(channel, { duty, bytes });
  }

  /** As the chip has it. */
  async duty(channel: number): Promise<number> {
    const bytes = await this.#chip.use((device) => device.readBlock(channelRegister(channel), 4));
    const told = this.#duties.get(channel);
    return told?.bytes.every((value, index) => bytes[index] === value) === true ? told.duty : dutyOf(bytes);
  }

  /** Lets go of the frequency the channel asked for. */
  forget(channel: number): void {
    this.#wishes.delete(channel);
  }

  /** Switches channels off that their user is done with, and lets go of the frequency they asked for. */
  async letGo(channels: Iterable<number>): Promise<void> {
    for (const channel of channels) {
      this.forget(channel);
      this.#duties.delete(channel);
      // One byte, which works however the chip is configured. Failures are logged; nobody is left to tell.
      await this.#chip.use((device) => device.writeByte(channelRegister(channel) + 3, FULL)).catch(() => undefined);
    }
  }

  #assertAlone(channel: number, frequency: number): void {
    const other = [...this.#wishes].find(
      ([user, wish]) =>
        user !== channel && (wish.isFirm || isPulse(this.#duties.get(user)?.duty ?? 0)) && !this.#isSame(wish.frequency, frequency),
    );
    if (other === undefined) return;
    throw failedPrecondition(
      `${this.place}: channel ${channel} cannot have ${frequency} Hz: all channels of a PCA9685 share one frequency, and channel ${other[0]} uses ${other[1].frequency} Hz`,
    );
  }

  #isSame(one: number, other: number): boolean {
    return prescaleOf(one, this.oscillator) === prescaleOf(other, this.oscillator);
  }

  #applyFrequency(frequency: number): Promise<void> {
    return this.#chip.use(async (device) => {
      this.#frequency = frequency;
      if ((await device.readByte(PRESCALE)) !== this.#prescale()) await this.#writePrescale(device, this.#prescale());
    });
  }

  #prescale(): number {
    return prescaleOf(this.#frequency, this.oscillator) ?? 0;
  }

  async #configure(device: I2cDevice): Promise<void> {
    await device.writeByte(MODE2, TOTEM_POLE);
    await this.#writePrescale(device, this.#prescale());
    const found = [await device.readByte(MODE1), await device.readByte(MODE2), await device.readByte(PRESCALE)];
    const [mode1 = 0, mode2, prescale] = found;
    if ((mode1 & ~(RESTART | EXTERNAL_CLOCK)) === AWAKE && mode2 === TOTEM_POLE && prescale === this.#prescale()) return;
    const wrote = [AWAKE, TOTEM_POLE, this.#prescale()].map(hex).join(", ");
    throw new Error(
      `it does not keep its configuration: wrote ${wrote} to registers 0x00, 0x01 and 0xfe, read ${found.map(hex).join(", ")}; is it a PCA9685? Check i2c_addr`,
    );
  }

  /** Taken in sleep only. Ends awake, with the outputs as they were. */
  async #writePrescale(device: I2cDevice, prescale: number): Promise<void> {
    await device.writeByte(MODE1, AWAKE | SLEEP);
    await device.writeByte(PRESCALE, prescale);
    await device.writeByte(MODE1, AWAKE);
    await this.#chip.sleep(WAKE_TIME);
    // The bit is set when outputs ran before the sleep, and writing it makes them run on.
    if ((await device.readByte(MODE1)) & RESTART) await device.writeByte(MODE1, AWAKE | RESTART);
  }
}

function isPulse(duty: number): boolean {
  return duty > 0 && duty < 1;
}
