/** Power sensor on the wire. */
import { PowerSensorServiceDefinition } from "../../proto/gen/viam/component/powersensor/v1/powersensor.js";
import { isRpcError, Status } from "../../proto/status-code.js";
import { toValueMap } from "../../proto/struct.js";
import type { PowerSensor } from "../apis/power-sensor.js";
import type { CallOptions, Values } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const powerSensorAdapter: ApiAdapter<PowerSensor> = createAdapter<PowerSensor, PowerSensorServiceDefinition>({
  definition: PowerSensorServiceDefinition,
  defaults: (resource) => ({ ...commonDefaults("power sensor"), getReadings: (options) => readingsOf(resource, options) }),
  handlers: (find) => {
    const { doCommand, getStatus } = commonHandlers(find);
    return {
      doCommand,
      getStatus,
      getVoltage: async ({ name, extra }, context) => {
        const { volts, isAc } = await find(name).getVoltage(received(context, extra));
        return { volts, isAc };
      },
      getCurrent: async ({ name, extra }, context) => {
        const { amperes, isAc } = await find(name).getCurrent(received(context, extra));
        return { amperes, isAc };
      },
      getPower: async ({ name, extra }, context) => ({ watts: await find(name).getPower(received(context, extra)) }),
      getReadings: async ({ name, extra }, context) => ({
        readings: toValueMap(await find(name).getReadings(received(context, extra))),
      }),
    };
  },
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    getVoltage: async (options) => await rpc.getVoltage(addressed(name, options), sent(options)),
    getCurrent: async (options) => await rpc.getCurrent(addressed(name, options), sent(options)),
    getPower: async (options) => (await rpc.getPower(addressed(name, options), sent(options))).watts,
    getReadings: async (options) => (await rpc.getReadings(addressed(name, options), sent(options))).readings,
  }),
});

async function readingsOf(resource: PowerSensor, options: CallOptions | undefined): Promise<Values> {
  const voltage = await ifImplemented(() => resource.getVoltage(options));
  const current = await ifImplemented(() => resource.getCurrent(options));
  const watts = await ifImplemented(() => resource.getPower(options));
  return { volts: voltage?.volts, amps: current?.amperes, is_ac: voltage?.isAc ?? current?.isAc, watts };
}

/** What the call returns, undefined where the hardware cannot tell. */
export async function ifImplemented<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isRpcError(error, Status.UNIMPLEMENTED)) return undefined;
    throw error;
  }
}
