/** Base on the wire. */
import { BaseServiceDefinition } from "../../proto/gen/viam/component/base/v1/base.js";
import type { ServiceClient, ServiceHandlers } from "../../proto/service.js";
import type { Base } from "../apis/base.js";
import type { Vector3 } from "../apis/movement-sensor.js";
import { invalidArgument } from "../errors.js";
import type { CallOptions, Handle } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const baseAdapter: ApiAdapter<Base> = createAdapter<Base, BaseServiceDefinition>({
  definition: BaseServiceDefinition,
  defaults: () => commonDefaults("base"),
  handlers,
  client,
});

function handlers(find: (name: string) => Handle<Base>): ServiceHandlers<BaseServiceDefinition> {
  return {
    ...commonHandlers(find),
    moveStraight: async ({ name, distanceMm, mmPerSec, extra }, context) => {
      await find(name).moveStraight(Number(distanceMm), mmPerSec, received(context, extra));
      return {};
    },
    spin: async ({ name, angleDeg, degsPerSec, extra }, context) => {
      await find(name).spin(angleDeg, degsPerSec, received(context, extra));
      return {};
    },
    setPower: async ({ name, linear, angular, extra }, context) => {
      await find(name).setPower(vector(linear), vector(angular), received(context, extra));
      return {};
    },
    setVelocity: async ({ name, linear, angular, extra }, context) => {
      await find(name).setVelocity(vector(linear), vector(angular), received(context, extra));
      return {};
    },
    stop: async ({ name, extra }, context) => {
      await find(name).stop(received(context, extra));
      return {};
    },
    isMoving: async ({ name }, context) => ({ isMoving: await find(name).isMoving(received(context)) }),
    getProperties: async ({ name, extra }, context) => {
      const { width, turningRadius, wheelCircumference } = await find(name).getProperties(received(context, extra));
      return { widthMeters: width, turningRadiusMeters: turningRadius, wheelCircumferenceMeters: wheelCircumference };
    },
  };
}

function client(rpc: ServiceClient<BaseServiceDefinition>, name: string): Handle<Base> {
  const to = (options: CallOptions | undefined): ReturnType<typeof addressed> => addressed(name, options);
  return {
    ...commonClient(rpc, name),
    moveStraight: async (distance, mmPerSec, options) =>
      void (await rpc.moveStraight({ ...to(options), distanceMm: millimetres(distance), mmPerSec }, sent(options))),
    spin: async (angleDeg, degsPerSec, options) => void (await rpc.spin({ ...to(options), angleDeg, degsPerSec }, sent(options))),
    setPower: async (linear, angular, options) =>
      void (await rpc.setPower({ ...to(options), linear: vector(linear), angular: vector(angular) }, sent(options))),
    setVelocity: async (linear, angular, options) =>
      void (await rpc.setVelocity({ ...to(options), linear: vector(linear), angular: vector(angular) }, sent(options))),
    stop: async (options) => void (await rpc.stop(to(options), sent(options))),
    isMoving: async (options) => (await rpc.isMoving({ name }, sent(options))).isMoving,
    getProperties: async (options) => {
      const { widthMeters, turningRadiusMeters, wheelCircumferenceMeters } = await rpc.getProperties(to(options), sent(options));
      return { width: widthMeters, turningRadius: turningRadiusMeters, wheelCircumference: wheelCircumferenceMeters };
    },
  };
}

/** A vector that was not sent is none. */
function vector({ x, y, z }: Vector3 = { x: 0, y: 0, z: 0 }): Vector3 {
  return { x, y, z };
}

function millimetres(distance: number): bigint {
  if (!Number.isFinite(distance)) throw invalidArgument(`distance: expected a finite number of millimetres, got ${distance}`);
  return BigInt(Math.round(distance));
}
