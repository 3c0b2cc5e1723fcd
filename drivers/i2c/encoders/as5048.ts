/** An AS5048B. */
import type { DependencyNames, Encoder, Lifecycle, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, claimOf, i2cAddress, i2cBus, within } from "../attributes.js";
import type { Rig } from "../rig.js";
import { parseAs5048 } from "./magnet.js";
import { createMagneticEncoder } from "./magnetic-encoder.js";

export interface As5048Attributes {
  readonly connection_type: "i2c";
  readonly i2c_attributes: ChipAttributes;
  readonly poll_hz: number;
}

export const schema: v.GenericSchema<unknown, As5048Attributes> = v.object({
  connection_type: v.literal("i2c", 'expected "i2c": the AS5048A, which has SPI, is not supported'),
  i2c_attributes: v.object({ i2c_bus: i2cBus, i2c_addr: i2cAddress(0x40, 0x08, 0x77) }),
  poll_hz: within(1, 500, 50),
});

export function validate({ i2c_attributes: place }: As5048Attributes): DependencyNames {
  return claimOf(place);
}

/** Gain, diagnostics, two bytes of magnitude, two of the angle. */
const FIRST = 0xfa;

export function create(
  { attributes, logger }: ResourceContext<As5048Attributes>,
  rig: Rig,
): Promise<Encoder & Lifecycle<As5048Attributes>> {
  const { i2c_attributes: place, poll_hz: pollHz } = attributes;
  return createMagneticEncoder(rig, {
    profile: { name: "AS5048B", hint: "its pins A1 and A2 set the address: see i2c_addr" },
    place,
    pollHz,
    logger,
    read: async (device) => {
      const [, diagnostics = 0, , , high = 0, low = 0] = await device.readBlock(FIRST, 6);
      return parseAs5048(diagnostics, high, low);
    },
  });
}
