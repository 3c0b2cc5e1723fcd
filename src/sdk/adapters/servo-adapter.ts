/** Servo on the wire. */
import { ServoServiceDefinition } from "../../proto/gen/viam/component/servo/v1/servo.js";
import type { Servo } from "../apis/servo.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const servoAdapter: ApiAdapter<Servo> = createAdapter<Servo, ServoServiceDefinition>({
  definition: ServoServiceDefinition,
  defaults: () => commonDefaults("servo"),
  handlers: (find) => ({
    ...commonHandlers(find),
    move: async ({ name, angleDeg, extra }, context) => {
      await find(name).move(angleDeg, received(context, extra));
      return {};
    },
    getPosition: async ({ name, extra }, context) => ({
      positionDeg: Math.max(0, Math.round(await find(name).getPosition(received(context, extra)))),
    }),
    stop: async ({ name, extra }, context) => {
      await find(name).stop(received(context, extra));
      return {};
    },
    isMoving: async ({ name }, context) => ({ isMoving: await find(name).isMoving(received(context)) }),
  }),
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    move: async (angle, options) => void (await rpc.move({ ...addressed(name, options), angleDeg: Math.round(angle) }, sent(options))),
    getPosition: async (options) => (await rpc.getPosition(addressed(name, options), sent(options))).positionDeg,
    stop: async (options) => void (await rpc.stop(addressed(name, options), sent(options))),
    isMoving: async (options) => (await rpc.isMoving({ name }, sent(options))).isMoving,
  }),
});
