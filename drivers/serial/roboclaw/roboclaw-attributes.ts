/** Attributes of a RoboClaw motor, and what it takes of the machine. */
import type { DependencyNames } from "pinion/sdk";
import * as v from "valibot";
import { positive, serialPath, whole, within } from "../schema.js";
import { COMMAND, encodePacket } from "./packets.js";

export interface RoboclawAttributes {
  readonly serial_path: string;
  readonly serial_baud_rate: number;
  readonly motor_channel: number;
  readonly serial_address: number;
  readonly ticks_per_rotation: number;
  readonly max_rpm: number;
  readonly serial_timeout_sec: number;
}

const BAUD_RATES = [2400, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800];
const DEFAULT_ADDRESS = 0x80;

/** 0 is the default in existing configs. */
function orDefault(standard: number): (value: number) => number {
  return (value) => (value === 0 ? standard : value);
}

export const schema: v.GenericSchema<unknown, RoboclawAttributes> = v.object({
  serial_path: serialPath,
  serial_baud_rate: v.optional(
    v.pipe(
      v.number(),
      v.transform(orDefault(38_400)),
      v.check(
        (rate) => BAUD_RATES.includes(rate),
        ({ received }) => `expected one of ${BAUD_RATES.join(", ")}, got ${received}`,
      ),
    ),
    38_400,
  ),
  motor_channel: whole(1, 2),
  serial_address: v.optional(v.pipe(v.number(), v.transform(orDefault(DEFAULT_ADDRESS)), whole(0x80, 0x87)), DEFAULT_ADDRESS),
  ticks_per_rotation: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  max_rpm: positive(250),
  serial_timeout_sec: within(0, 25.5, 1),
});

export function validate({
  serial_path: port,
  serial_baud_rate: baudRate,
  serial_address: address,
  motor_channel: channel,
}: RoboclawAttributes): DependencyNames {
  const stop = encodePacket({ address, command: COMMAND.duty[channel === 1 ? 0 : 1], data: [0, 0] });
  return {
    hardware: {
      claims: [{ kind: "serial", port, part: `address ${address} motor ${channel}` }],
      safe: [{ kind: "serial", port, baudRate, bytes: [...stop] }],
    },
  };
}
