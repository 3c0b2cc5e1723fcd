/** The attributes of an ADXL345. */
import { type DependencyNames, invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { claimOf, flag, i2cBus, interruptClaims, optionalName, requiredName } from "../attributes.js";
import { STEP } from "./adxl345-registers.js";

export interface TapAttributes {
  /** INT1 or INT2. */
  readonly accelerometer_pin: number;
  /** A digital interrupt of the board. */
  readonly interrupt_pin: string;
  readonly exclude_x: boolean;
  readonly exclude_y: boolean;
  readonly exclude_z: boolean;
  /** Milli-g. */
  readonly threshold: number;
  readonly dur_us: number;
}

export interface FreeFallAttributes {
  readonly accelerometer_pin: number;
  readonly interrupt_pin: string;
  /** Milli-g. */
  readonly threshold: number;
  readonly time_ms: number;
}

export interface Adxl345Attributes {
  readonly i2c_bus: number;
  readonly use_alternate_i2c_address: boolean;
  readonly board?: string | undefined;
  readonly tap?: TapAttributes | undefined;
  readonly free_fall?: FreeFallAttributes | undefined;
}

const accelerometerPin = v.picklist([1, 2], "expected 1 or 2, the interrupt pin of the ADXL345");

/** 0 is the default, as in existing configs. */
function upTo(most: number, standard: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  return v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(most),
      v.transform((value) => (value === 0 ? standard : value)),
    ),
    standard,
  );
}

const tap: v.GenericSchema<unknown, TapAttributes> = v.object({
  accelerometer_pin: accelerometerPin,
  interrupt_pin: requiredName,
  exclude_x: flag,
  exclude_y: flag,
  exclude_z: flag,
  threshold: upTo(255 * STEP.tapThreshold, 3000),
  dur_us: upTo(255 * STEP.tapDuration, 10_000),
});

const freeFall: v.GenericSchema<unknown, FreeFallAttributes> = v.object({
  accelerometer_pin: accelerometerPin,
  interrupt_pin: requiredName,
  threshold: upTo(255 * STEP.fallThreshold, 437.5),
  time_ms: upTo(255 * STEP.fallTime, 160),
});

export const schema: v.GenericSchema<unknown, Adxl345Attributes> = v.object({
  i2c_bus: i2cBus,
  use_alternate_i2c_address: flag,
  board: optionalName,
  tap: v.optional(tap),
  free_fall: v.optional(freeFall),
});

export function validate(attributes: Adxl345Attributes): DependencyNames {
  const { board, tap: taps, free_fall: falls, i2c_bus } = attributes;
  const { hardware } = claimOf({ i2c_bus, i2c_addr: addressOf(attributes) });
  if (taps === undefined && falls === undefined) return { hardware };
  if (board === undefined)
    throw invalidArgument("attributes.board: expected the board that tap and free_fall name an interrupt of, got none");
  const interrupts = interruptClaims(board, [taps?.interrupt_pin, falls?.interrupt_pin]);
  return { required: [board], hardware: { claims: [...(hardware.claims ?? []), ...interrupts] } };
}

export function addressOf({ use_alternate_i2c_address: isAlternate }: Adxl345Attributes): number {
  return isAlternate ? 0x1d : 0x53;
}
