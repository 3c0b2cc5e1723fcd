/** Attributes of bus servos, as servos and as motors, and what they take of the machine. */
import type { DependencyNames, SafeAction } from "pinion/sdk";
import * as v from "valibot";
import { baudRate, serialPath, whole, within } from "../schema.js";
import { dynamixelAx, dynamixelX, findDynamixel } from "./dynamixel.js";
import { checkFeetech, feetechScs, feetechSts } from "./feetech.js";
import { INSTRUCTION } from "./packet.js";
import type { RegisterWrite, ServoFamily } from "./servo-family.js";
import { type ServoLine, toBytes } from "./servo-line.js";

/** How a servo is reached. */
export interface LineAttributes {
  readonly serial_path: string;
  readonly serial_baud_rate: number;
  readonly id: number;
}

export interface FeetechLine extends LineAttributes {
  readonly series: "sts" | "scs";
}

export interface DynamixelLine extends LineAttributes {
  readonly protocol: 1 | 2;
}

export interface PositionAttributes extends LineAttributes {
  readonly min_angle_deg: number;
  readonly max_angle_deg?: number | undefined;
  readonly speed_degs_per_sec?: number | undefined;
  readonly tolerance_deg: number;
  readonly on_module_end: "hold" | "release";
}

export interface WheelAttributes extends LineAttributes {
  readonly max_rpm: number;
  readonly watchdog_sec: number;
}

/** What the config alone says about the servo; all kinds of one protocol share these registers. */
export interface ServoDescription {
  readonly assumed: ServoFamily;
  readonly identify: (line: ServoLine) => Promise<ServoFamily>;
}

/** The servos of one maker. */
export interface ServoMake<L extends LineAttributes> {
  readonly describe: (line: L) => ServoDescription;
  readonly positionSchema: v.GenericSchema<unknown, L & PositionAttributes>;
  readonly wheelSchema: v.GenericSchema<unknown, L & WheelAttributes>;
}

const LAST_ID = 252;

const feetechEntries = {
  serial_path: serialPath,
  serial_baud_rate: baudRate(1_000_000),
  id: whole(0, LAST_ID),
  series: v.optional(v.picklist(["sts", "scs"]), "sts"),
};

const dynamixelEntries = {
  serial_path: serialPath,
  serial_baud_rate: baudRate(57_600),
  id: whole(0, LAST_ID),
  protocol: v.optional(v.picklist([1, 2]), 2),
};

const positionEntries = {
  min_angle_deg: within(0, 360, 0),
  max_angle_deg: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(360))),
  speed_degs_per_sec: v.optional(v.pipe(v.number(), v.gtValue(0))),
  tolerance_deg: within(0.1, 30, 2),
  on_module_end: v.optional(v.picklist(["hold", "release"]), "hold"),
};

const wheelEntries = {
  // 0: what the kind of servo does.
  max_rpm: within(0, 1000, 0),
  watchdog_sec: within(0, 2.5, 1),
};

export function describeFeetech({ series }: FeetechLine): ServoDescription {
  const family = series === "scs" ? feetechScs : feetechSts;
  return {
    assumed: family,
    identify: async (line) => {
      await checkFeetech(line, family);
      return family;
    },
  };
}

export function describeDynamixel({ protocol }: DynamixelLine): ServoDescription {
  return { assumed: protocol === 1 ? dynamixelAx : dynamixelX, identify: (line) => findDynamixel(line, protocol) };
}

export const feetech: ServoMake<FeetechLine> = {
  describe: describeFeetech,
  positionSchema: v.object({ ...feetechEntries, ...positionEntries }),
  wheelSchema: v.object({ ...feetechEntries, ...wheelEntries }),
};

export const dynamixel: ServoMake<DynamixelLine> = {
  describe: describeDynamixel,
  positionSchema: v.object({ ...dynamixelEntries, ...positionEntries }),
  wheelSchema: v.object({ ...dynamixelEntries, ...wheelEntries }),
};

export function validatePosition(attributes: PositionAttributes, { assumed }: ServoDescription): DependencyNames {
  const { min_angle_deg: least, max_angle_deg: most = 360, on_module_end: atEnd } = attributes;
  if (least >= most) throw new Error(`attributes.min_angle_deg: expected less than max_angle_deg (${most}), got ${least}`);
  const release = { address: assumed.torque.address, bytes: toBytes(0, assumed.torque.size, assumed.protocol.byteOrder) };
  return hardwareOf(attributes, atEnd === "release" ? [safeWrite(attributes, assumed, release)] : []);
}

export function validateWheel(attributes: WheelAttributes, { assumed }: ServoDescription): DependencyNames {
  const writes: RegisterWrite[] = [assumed.velocity(0, assumed.maxRpm)];
  // A watchdog that has run out refuses speeds.
  if (assumed.watchdog !== undefined) writes.unshift({ address: assumed.watchdog.register.address, bytes: [0] });
  return hardwareOf(
    attributes,
    writes.map((write) => safeWrite(attributes, assumed, write)),
  );
}

function hardwareOf({ serial_path: port, id }: LineAttributes, safe: readonly SafeAction[]): DependencyNames {
  return { hardware: { claims: [{ kind: "serial", port, part: `servo ${id}` }], safe } };
}

function safeWrite(
  { serial_path: port, serial_baud_rate: rate, id }: LineAttributes,
  family: ServoFamily,
  write: RegisterWrite,
): SafeAction {
  const { codec } = family.protocol;
  const parameters = [...codec.encodeNumber(write.address), ...write.bytes];
  return { kind: "serial", port, baudRate: rate, bytes: [...codec.encode({ id, instruction: INSTRUCTION.write, parameters })] };
}
