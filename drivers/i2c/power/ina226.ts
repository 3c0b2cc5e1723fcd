/** An INA226. */
import type { I2cDevice } from "pinion/hardware";
import type { Lifecycle, PowerSensor, ResourceContext } from "pinion/sdk";
import { word } from "../chip.js";
import type { Rig } from "../rig.js";
import { createIna, type InaAttributes } from "./ina.js";
import { INA226_SCALE } from "./ina-conversion.js";

export { claimOf as validate } from "../attributes.js";
export { schema } from "./ina.js";

const MANUFACTURER = 0xfe;
const DIE = 0xff;
const TEXAS_INSTRUMENTS = 0x5449;
/** Without the revision. */
const INA226 = 0x2260;

export function create(context: ResourceContext<InaAttributes>, rig: Rig): Promise<PowerSensor & Lifecycle<InaAttributes>> {
  return createIna(context, rig, { name: "INA226", scale: INA226_SCALE, config: 0x4127, calibration: 2048, identify });
}

export async function isIna226(device: I2cDevice): Promise<boolean> {
  return (await device.readWord(MANUFACTURER)) === TEXAS_INSTRUMENTS && ((await device.readWord(DIE)) & 0xfff0) === INA226;
}

async function identify(device: I2cDevice): Promise<void> {
  if (await isIna226(device)) return;
  const [manufacturer, die] = [await device.readWord(MANUFACTURER), await device.readWord(DIE)];
  throw new Error(
    `another chip is there: expected 0x5449 and 0x226x in its identity registers 0xfe and 0xff, got ${word(manufacturer)} and ${word(die)}; ` +
      "for an INA219, which has none, use the model rdk:builtin:ina219, or correct i2c_addr",
  );
}
