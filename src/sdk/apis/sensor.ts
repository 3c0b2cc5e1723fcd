/** The sensor API: named readings. */

import type { CallOptions, Resource, Values } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Something that reads values. */
export interface Sensor extends Resource {
  /** Numbers, texts, booleans or nested values by name, in the units the driver documents. */
  getReadings(options?: CallOptions): Promise<Values>;
}

/** `rdk:component:sensor` */
export const sensor: ResourceApi<Sensor> = createApi(
  "rdk:component:sensor",
  "viam.component.sensor.v1.SensorService",
  async () => (await import("../adapters/sensor-adapter.js")).sensorAdapter,
);
