/** A BMP280: temperature and pressure. */
import type { Lifecycle, ResourceContext, Sensor } from "pinion/sdk";
import type { ChipAttributes } from "../attributes.js";
import type { Rig } from "../rig.js";
import { toFahrenheit } from "./bme280-compensation.js";
import { openBoschChip } from "./bosch-chip.js";

export { claimOf as validate } from "../attributes.js";
export { schema } from "./bosch-chip.js";

export async function create(
  { attributes, logger }: ResourceContext<ChipAttributes>,
  rig: Rig,
): Promise<Sensor & Lifecycle<ChipAttributes>> {
  const { chip, measure } = await openBoschChip(rig, "BMP280", attributes, logger);
  return {
    getReadings: async (options) => {
      const { celsius, pascals } = await measure(options?.signal);
      return { temperature_celsius: celsius, temperature_fahrenheit: toFahrenheit(celsius), pressure_hpa: pascals / 100 };
    },
    close: () => chip.close(),
  };
}
