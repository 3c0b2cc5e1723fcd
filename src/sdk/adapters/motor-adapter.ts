/** Motor on the wire. */
import { MotorServiceDefinition } from "../../proto/gen/viam/component/motor/v1/motor.js";
import type { ServiceClient, ServiceHandlers } from "../../proto/service.js";
import type { Motor } from "../apis/motor.js";
import type { CallOptions, Handle } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const motorAdapter: ApiAdapter<Motor> = createAdapter<Motor, MotorServiceDefinition>({
  definition: MotorServiceDefinition,
  defaults: () => commonDefaults("motor"),
  handlers,
  client,
});

function handlers(find: (name: string) => Handle<Motor>): ServiceHandlers<MotorServiceDefinition> {
  return {
    ...commonHandlers(find),
    setPower: async ({ name, powerPct, extra }, context) => {
      await find(name).setPower(powerPct, received(context, extra));
      return {};
    },
    goFor: async ({ name, rpm, revolutions, extra }, context) => {
      await find(name).goFor(rpm, revolutions, received(context, extra));
      return {};
    },
    goTo: async ({ name, rpm, positionRevolutions, extra }, context) => {
      await find(name).goTo(rpm, positionRevolutions, received(context, extra));
      return {};
    },
    setRPM: async ({ name, rpm, extra }, context) => {
      await find(name).setRpm(rpm, received(context, extra));
      return {};
    },
    resetZeroPosition: async ({ name, offset, extra }, context) => {
      await find(name).resetZeroPosition(offset, received(context, extra));
      return {};
    },
    getPosition: async ({ name, extra }, context) => ({ position: await find(name).getPosition(received(context, extra)) }),
    getProperties: async ({ name, extra }, context) => {
      const { positionReporting } = await find(name).getProperties(received(context, extra));
      return { positionReporting };
    },
    stop: async ({ name, extra }, context) => {
      await find(name).stop(received(context, extra));
      return {};
    },
    isPowered: async ({ name, extra }, context) => {
      const { isOn, power } = await find(name).isPowered(received(context, extra));
      return { isOn, powerPct: power };
    },
    isMoving: async ({ name }, context) => ({ isMoving: await find(name).isMoving(received(context)) }),
  };
}

function client(rpc: ServiceClient<MotorServiceDefinition>, name: string): Handle<Motor> {
  const to = (options: CallOptions | undefined): ReturnType<typeof addressed> => addressed(name, options);
  return {
    ...commonClient(rpc, name),
    setPower: async (powerPct, options) => void (await rpc.setPower({ ...to(options), powerPct }, sent(options))),
    goFor: async (rpm, revolutions, options) => void (await rpc.goFor({ ...to(options), rpm, revolutions }, sent(options))),
    goTo: async (rpm, position, options) => void (await rpc.goTo({ ...to(options), rpm, positionRevolutions: position }, sent(options))),
    setRpm: async (rpm, options) => void (await rpc.setRPM({ ...to(options), rpm }, sent(options))),
    resetZeroPosition: async (offset, options) => void (await rpc.resetZeroPosition({ ...to(options), offset }, sent(options))),
    getPosition: async (options) => (await rpc.getPosition(to(options), sent(options))).position,
    getProperties: async (options) => await rpc.getProperties(to(options), sent(options)),
    stop: async (options) => void (await rpc.stop(to(options), sent(options))),
    isPowered: async (options) => {
      const { isOn, powerPct } = await rpc.isPowered(to(options), sent(options));
      return { isOn, power: powerPct };
    },
    isMoving: async (options) => (await rpc.isMoving({ name }, sent(options))).isMoving,
  };
}
