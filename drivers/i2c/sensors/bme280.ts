/** A BME280: temperature, humidity, pressure. */
import type { Lifecycle, ResourceContext, Sensor } from "pinion/sdk";
import type { ChipAttributes } from "../attributes.js";
import type { Rig } from "../rig.js";
import { dewPoint, toFahrenheit } from "./bme280-compensation.js";
import { openBoschChip } from "./bosch-chip.js";

export { claimOf as validate } from "../attributes.js";
export { schema } from "./bosch-chip.js";

export async function create(
  { attributes, logger }: ResourceContext<ChipAttributes>,
  rig: Rig,
): Promise<Sensor & Lifecycle<ChipAttributes>> {
  const { chip, measure } = await openBoschChip(rig, "BME280", attributes, logger);
  return {
    getReadings: async (options) => {
      const { celsius, pascals, humidity = 0 } = await measure(options?.signal);
      const dew = dewPoint(celsius, humidity);
      return {
        temperature_celsius: celsius,
        temperature_fahrenheit: toFahrenheit(celsius),
        dew_point_celsius: dew,
        dew_point_fahrenheit: dew === undefined ? undefined : toFahrenheit(dew),
        relative_humidity_pct: humidity,
        pressure_hpa: pascals / 100,
        // Existing programs know hectopascals by this name.
        pressure_mpa: pascals / 100,
      };
    },
    close: () => chip.close(),
  };
}
