/** The attributes that say which PCA9685. */
import { invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddressWithin, i2cBus, within } from "../attributes.js";
import { OSCILLATOR } from "./pca9685-registers.js";

export interface Pca9685Attributes {
  readonly i2c_bus: number;
  readonly i2c_addr?: number | undefined;
  /** The name of `i2c_addr` in existing configs of boards. */
  readonly i2c_address?: number | undefined;
  readonly oscillator_hz: number;
}

/** Its pads go up to 0x7f, the kernel to 0x77. */
const address = v.optional(i2cAddressWithin(0x40, 0x77));

type OptionalAddress = v.OptionalSchema<v.GenericSchema<unknown, number>, undefined>;

export const pca9685Entries: {
  readonly i2c_bus: v.GenericSchema<unknown, number>;
  readonly i2c_addr: OptionalAddress;
  readonly i2c_address: OptionalAddress;
  readonly oscillator_hz: v.OptionalSchema<v.GenericSchema<unknown, number>, number>;
} = {
  i2c_bus: i2cBus,
  i2c_addr: address,
  i2c_address: address,
  oscillator_hz: within(20e6, 30e6, OSCILLATOR),
};

/** Throws when both names of the address are used, for two addresses. */
export function placeOf({ i2c_bus, i2c_addr, i2c_address }: Pca9685Attributes): ChipAttributes {
  if (i2c_addr !== undefined && i2c_address !== undefined && i2c_addr !== i2c_address) {
    throw invalidArgument(`attributes.i2c_address: expected the same as i2c_addr (${i2c_addr}), or only one of them, got ${i2c_address}`);
  }
  return { i2c_bus, i2c_addr: i2c_addr ?? i2c_address ?? 0x40 };
}
