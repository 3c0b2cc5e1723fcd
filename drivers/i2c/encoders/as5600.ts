/** An AS5600. */
import type { Encoder, Lifecycle, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus, within } from "../attributes.js";
import type { Rig } from "../rig.js";
import { parseAs5600 } from "./magnet.js";
import { createMagneticEncoder } from "./magnetic-encoder.js";

export { claimOf as validate } from "../attributes.js";

export interface As5600Attributes extends ChipAttributes {
  readonly poll_hz: number;
}

const STATUS = 0x0b;
/** Not ANGLE, which stretches the range that was burnt into the chip. */
const RAW_ANGLE = 0x0c;

export const schema: v.GenericSchema<unknown, As5600Attributes> = v.object({
  i2c_bus: i2cBus,
  i2c_addr: i2cAddress(0x36, 0x08, 0x77),
  poll_hz: within(1, 500, 50),
});

export function create(
  { attributes, logger }: ResourceContext<As5600Attributes>,
  rig: Rig,
): Promise<Encoder & Lifecycle<As5600Attributes>> {
  return createMagneticEncoder(rig, {
    profile: { name: "AS5600", hint: "an AS5600 is always at 0x36, an AS5600L at 0x40: see i2c_addr" },
    place: attributes,
    pollHz: attributes.poll_hz,
    logger,
    // The address of the angle must be given as such: only then its two bytes belong together.
    read: async (device) => {
      const status = await device.readByte(STATUS);
      const [high = 0, low = 0] = await device.readBlock(RAW_ANGLE, 2);
      return parseAs5600(status, high, low);
    },
  });
}
