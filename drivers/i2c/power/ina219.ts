/** An INA219. */
import type { I2cDevice } from "pinion/hardware";
import type { Lifecycle, PowerSensor, ResourceContext } from "pinion/sdk";
import type { Rig } from "../rig.js";
import { createIna, type InaAttributes } from "./ina.js";
import { INA219_SCALE } from "./ina-conversion.js";
import { isIna226 } from "./ina226.js";

export { claimOf as validate } from "../attributes.js";
export { schema } from "./ina.js";

export function create(context: ResourceContext<InaAttributes>, rig: Rig): Promise<PowerSensor & Lifecycle<InaAttributes>> {
  return createIna(context, rig, { name: "INA219", scale: INA219_SCALE, config: 0x399f, calibration: 4096, identify });
}

/** It has no register that says what it is; the chips that are mistaken for it have. */
async function identify(device: I2cDevice): Promise<void> {
  if (await isIna226(device))
    throw new Error("another chip is there: it says it is an INA226; use the model rdk:builtin:ina226, or correct i2c_addr");
}
