/** Encoder on the wire. */
import { EncoderServiceDefinition, PositionType } from "../../proto/gen/viam/component/encoder/v1/encoder.js";
import type { Encoder, EncoderUnit } from "../apis/encoder.js";
import { invalidArgument } from "../errors.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const encoderAdapter: ApiAdapter<Encoder> = createAdapter<Encoder, EncoderServiceDefinition>({
  definition: EncoderServiceDefinition,
  defaults: () => commonDefaults("encoder"),
  handlers: (find) => ({
    ...commonHandlers(find),
    getPosition: async ({ name, positionType, extra }, context) => {
      const { value, unit } = await find(name).getPosition(fromWire(positionType), received(context, extra));
      return { value, positionType: toWire(unit) };
    },
    resetPosition: async ({ name, extra }, context) => {
      await find(name).resetPosition(received(context, extra));
      return {};
    },
    getProperties: async ({ name, extra }, context) => {
      const { ticksSupported, degreesSupported } = await find(name).getProperties(received(context, extra));
      return { ticksCountSupported: ticksSupported, angleDegreesSupported: degreesSupported };
    },
  }),
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    getPosition: async (unit, options) => {
      const request = addressed(name, options);
      const answer = await rpc.getPosition(unit === undefined ? request : { ...request, positionType: toWire(unit) }, sent(options));
      return { value: answer.value, unit: fromWire(answer.positionType) ?? "ticks" };
    },
    resetPosition: async (options) => void (await rpc.resetPosition(addressed(name, options), sent(options))),
    getProperties: async (options) => {
      const answer = await rpc.getProperties(addressed(name, options), sent(options));
      return { ticksSupported: answer.ticksCountSupported, degreesSupported: answer.angleDegreesSupported };
    },
  }),
});

function fromWire(type: number | undefined): EncoderUnit | undefined {
  if (type === undefined || type === PositionType.UNSPECIFIED) return undefined;
  if (type === PositionType.TICKS_COUNT) return "ticks";
  if (type === PositionType.ANGLE_DEGREES) return "degrees";
  throw invalidArgument(`position_type: expected 1 (ticks) or 2 (degrees), got ${type}`);
}

function toWire(unit: EncoderUnit): PositionType {
  return unit === "ticks" ? PositionType.TICKS_COUNT : PositionType.ANGLE_DEGREES;
}
