/** An ADS1115 or ADS1015 as a board: four voltages, or differences of two, each measured when asked. */
import type { I2cDevice } from "pinion/hardware";
import {
  type AnalogReading,
  type CallOptions,
  invalidArgument,
  type Lifecycle,
  type ResourceContext,
  type ResourceLogger,
} from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus, oneOf } from "../attributes.js";
import { Chip, word } from "../chip.js";
import type { Rig } from "../rig.js";
import {
  ADS1015,
  ADS1115,
  type Converter,
  codeOf,
  configWord,
  INPUTS,
  type Input,
  RANGES,
  type Sampling,
  START,
  stepOf,
} from "./ads1115-config.js";
import { ExpanderBoard } from "./expander-board.js";

export { claimOf as validate } from "../attributes.js";

export interface AdsAttributes extends ChipAttributes {
  readonly analogs: readonly {
    readonly name: string;
    readonly channel: Input;
    readonly full_scale_volts: number;
    readonly samples_per_sec: number;
  }[];
}

const CONVERSION = 0;
const CONFIG = 1;
/** Volts: what covers 3.3. */
const DEFAULT_RANGE = 4.096;
const DEFAULT_RATES: Readonly<Record<string, number>> = { ADS1115: 128, ADS1015: 1600 };

/** `A0` or `0`, `A0-A1` or `0-1`. */
const channel = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((given) =>
    String(given)
      .toUpperCase()
      .replaceAll(/A?(\d)/g, "A$1"),
  ),
  v.picklist(INPUTS, ({ received }) => `expected one of ${INPUTS.join(", ")}, got ${received}`),
);

function schemaOf(converter: Converter): v.GenericSchema<unknown, AdsAttributes> {
  return v.object({
    i2c_bus: i2cBus,
    i2c_addr: i2cAddress(0x48, 0x48, 0x4b),
    analogs: v.optional(
      v.array(
        v.object({
          name: v.pipe(v.string(), v.nonEmpty("expected the reader's name")),
          channel,
          full_scale_volts: oneOf(RANGES, DEFAULT_RANGE),
          samples_per_sec: oneOf(converter.rates, DEFAULT_RATES[converter.name] ?? 0),
        }),
      ),
      [],
    ),
  });
}

export const schema: v.GenericSchema<unknown, AdsAttributes> = schemaOf(ADS1115);
export const ads1015Schema: v.GenericSchema<unknown, AdsAttributes> = schemaOf(ADS1015);

export function create(context: ResourceContext<AdsAttributes>, rig: Rig): Promise<AdsBoard> {
  return new AdsBoard(context.attributes, context.logger, { rig, converter: ADS1115 }).open();
}

export function createAds1015(context: ResourceContext<AdsAttributes>, rig: Rig): Promise<AdsBoard> {
  return new AdsBoard(context.attributes, context.logger, { rig, converter: ADS1015 }).open();
}

class AdsBoard extends ExpanderBoard implements Lifecycle<AdsAttributes> {
  protected readonly kind: string;
  readonly #converter: Converter;
  readonly #readers = new Map<string, Sampling>();
  readonly #chip: Chip;

  constructor(
    { analogs, i2c_bus: bus, i2c_addr: address }: AdsAttributes,
    logger: ResourceLogger,
    { rig, converter }: { readonly rig: Rig; readonly converter: Converter },
  ) {
    super();
    this.#converter = converter;
    this.kind = `an ${converter.name}`;
    const rate = DEFAULT_RATES[converter.name] ?? 0;
    for (const input of INPUTS) this.#readers.set(input, { input, range: DEFAULT_RANGE, rate });
    for (const { name, channel: input, full_scale_volts: range, samples_per_sec } of analogs) {
      this.#readers.set(name, { input, range, rate: samples_per_sec });
    }
    const profile = {
      name: converter.name,
      hint: "what its pin ADDR is wired to sets the address, 72 to 75: see i2c_addr",
      identify: (device: I2cDevice) => identify(device, converter),
    };
    this.#chip = new Chip(rig, { profile, bus, address, logger });
  }

  async open(): Promise<this> {
    await this.#chip.open();
    return this;
  }

  override async readAnalog(reader: string, options?: CallOptions): Promise<AnalogReading> {
    const sampling = this.#readers.get(reader);
    if (sampling === undefined) {
      throw invalidArgument(`can't find AnalogReader (${reader}); this board has ${[...this.#readers.keys()].join(", ")}`);
    }
    const code = codeOf(await this.#chip.use((device) => this.#convert(device, sampling), options?.signal), this.#converter);
    const step = stepOf(sampling.range, this.#converter);
    const maxRange = sampling.range - step;
    const isDifference = sampling.input.includes("-");
    // A single input cannot be below ground; a few steps below are the converter's offset.
    return isDifference
      ? { value: code, minRange: -sampling.range, maxRange, stepSize: step }
      : { value: Math.max(code, 0), minRange: 0, maxRange, stepSize: step };
  }

  close(): Promise<void> {
    return this.#chip.close();
  }

  async #convert(device: I2cDevice, sampling: Sampling): Promise<number> {
    const config = configWord(sampling, this.#converter);
    await device.writeWord(CONFIG, config | START);
    const time = 1000 / sampling.rate;
    await this.#chip.sleep(time * 1.1 + 0.1); // the oscillator may be a tenth slow; it takes a moment to start
    let found = 0;
    await this.#chip.until("its conversion does not end: bit 15 of its config stays 0", 2 * time + 20, async () => {
      found = await device.readWord(CONFIG);
      return (found & START) !== 0;
    });
    const value = await device.readWord(CONVERSION);
    // Another configuration: the value is not of this input. Its supply was away, or another program uses the chip.
    if ((found & ~START) !== config)
      throw new Error(`its configuration changed while it measured: wrote ${word(config)}, read ${word(found & ~START)}`);
    return value;
  }
}

/** It has no register that says what it is; one that keeps a configuration is as good. */
async function identify(device: I2cDevice, converter: Converter): Promise<void> {
  const config = configWord({ input: "A0", range: DEFAULT_RANGE, rate: DEFAULT_RATES[converter.name] ?? 0 }, converter);
  await device.writeWord(CONFIG, config);
  const found = await device.readWord(CONFIG);
  if ((found & ~START) === config) return;
  throw new Error(
    `it does not keep its configuration: wrote ${word(config)} to register 1, read ${word(found)}; is it an ${converter.name}? Check i2c_addr and what is wired there`,
  );
}
