/** The power sensor API: volts, amperes, watts. */

import type { CallOptions, Resource, Values } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** A quantity the hardware does not measure throws UNIMPLEMENTED. */
export interface PowerSensor extends Resource {
  getVoltage(options?: CallOptions): Promise<Voltage>;
  getCurrent(options?: CallOptions): Promise<Current>;
  /** Watts. */
  getPower(options?: CallOptions): Promise<number>;
  /** Default: `volts`, `amps`, `is_ac` and `watts`, as far as they are implemented. */
  getReadings?(options?: CallOptions): Promise<Values>;
}

/** Volts, and whether they alternate. */
export interface Voltage {
  readonly volts: number;
  readonly isAc: boolean;
}

/** Amperes, and whether they alternate. */
export interface Current {
  readonly amperes: number;
  readonly isAc: boolean;
}

/** `rdk:component:power_sensor` */
export const powerSensor: ResourceApi<PowerSensor> = createApi(
  "rdk:component:power_sensor",
  "viam.component.powersensor.v1.PowerSensorService",
  async () => (await import("../adapters/power-sensor-adapter.js")).powerSensorAdapter,
);
