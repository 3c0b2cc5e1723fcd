/** Sensor on the wire. */
import { SensorServiceDefinition } from "../../proto/gen/viam/component/sensor/v1/sensor.js";
import { toValueMap } from "../../proto/struct.js";
import type { Sensor } from "../apis/sensor.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const sensorAdapter: ApiAdapter<Sensor> = createAdapter<Sensor, SensorServiceDefinition>({
  definition: SensorServiceDefinition,
  defaults: () => commonDefaults("sensor"),
  handlers: (find) => ({
    ...commonHandlers(find),
    getReadings: async (request, context) => ({
      readings: toValueMap(await find(request.name).getReadings(received(context, request.extra))),
    }),
  }),
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    getReadings: async (options) => (await rpc.getReadings(addressed(name, options), sent(options))).readings,
  }),
});
