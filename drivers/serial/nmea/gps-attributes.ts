/** Attributes of the NMEA receiver, and what it takes of the machine. */
import type { DependencyNames } from "pinion/sdk";
import * as v from "valibot";
import { baudRate, positive, serialPath, whole } from "../schema.js";

export interface GpsAttributes {
  readonly connection_type: "serial" | "I2C";
  readonly serial_attributes?: { readonly serial_path: string; readonly serial_baud_rate: number } | undefined;
  readonly i2c_attributes?: { readonly i2c_bus: number; readonly i2c_addr: number } | undefined;
  readonly max_age_sec: number;
  readonly max_position_age_sec: number;
  readonly setup_sentences: readonly string[];
}

const DEFAULT_BAUD_RATE = 38_400;

/** A number, or the text of one, as older configs have it. */
const busNumber = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
  v.integer(),
  v.minValue(0),
) satisfies v.GenericSchema<unknown, number>;

const connection = v.pipe(
  v.string(),
  v.check(
    (text) => ["serial", "i2c"].includes(text.toLowerCase()),
    ({ received }) => `expected "serial" or "I2C", got ${received}`,
  ),
  v.transform((text): "serial" | "I2C" => (text.toLowerCase() === "serial" ? "serial" : "I2C")),
);

/** Characters that a sentence may hold between `$` and `*`. */
const sentence = v.pipe(
  v.string(),
  v.regex(
    /^[A-Z][\x20-\x23\x25-\x29\x2b-\x7e]{2,78}$/,
    ({ received }) => `expected a sentence without "$" and checksum, such as "PMTK220,1000", got ${received}`,
  ),
);

const fields = v.object({
  connection_type: connection,
  serial_attributes: v.optional(v.object({ serial_path: serialPath, serial_baud_rate: baudRate(DEFAULT_BAUD_RATE) })),
  i2c_attributes: v.optional(v.object({ i2c_bus: busNumber, i2c_addr: whole(0x03, 0x77), i2c_baud_rate: v.optional(v.number()) })),
  max_age_sec: positive(5),
  max_position_age_sec: positive(60),
  setup_sentences: v.optional(v.array(sentence), []),
});

/** The attributes of the connection that is named have to be there; those of the other are not looked at. */
export const schema: v.GenericSchema<unknown, GpsAttributes> = v.pipe(
  v.unknown(),
  v.transform((input) => withoutOther(input)),
  fields,
  v.forward(
    v.check(
      ({ connection_type: type, serial_attributes: serial }) => type !== "serial" || serial !== undefined,
      'expected {"serial_path": …} beside "connection_type": "serial", got none',
    ),
    ["serial_attributes"],
  ),
  v.forward(
    v.check(
      ({ connection_type: type, i2c_attributes: i2c }) => type !== "I2C" || i2c !== undefined,
      'expected {"i2c_bus": …, "i2c_addr": …} beside "connection_type": "I2C", got none',
    ),
    ["i2c_attributes"],
  ),
);

export function validate({ connection_type: type, serial_attributes: serial, i2c_attributes: i2c }: GpsAttributes): DependencyNames {
  if (type === "serial" && serial !== undefined) return { hardware: { claims: [{ kind: "serial", port: serial.serial_path }] } };
  if (i2c !== undefined) return { hardware: { claims: [{ kind: "i2c", bus: i2c.i2c_bus, address: i2c.i2c_addr }] } };
  return {};
}

/** Existing configs carry both, one of them half empty. */
function withoutOther(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("connection_type" in input)) return input;
  const { connection_type: type, ...rest } = input;
  const other = String(type).toLowerCase() === "serial" ? "i2c_attributes" : "serial_attributes";
  return { ...rest, connection_type: type, [other]: undefined };
}
