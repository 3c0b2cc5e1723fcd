/** The wiring file of a bench: which pins are jumpered, which chips are on which bus, which serial port hears itself. */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { messageOf } from "../../src/base/errors.js";
import type { ChipModel } from "../rig.js";

/** A pin of the board's header by any of its names, or a line. */
export type WiringLine = string | { readonly chip: string; readonly offset: number };

export interface Wiring {
  /** Pairs of pins with a cable between them. Either may become an output: put 1 kΩ into the cable. */
  readonly jumpers: readonly (readonly [WiringLine, WiringLine])[];
  readonly i2c: { readonly bus: number; readonly chips: { readonly [Model in ChipModel]?: number | undefined } } | undefined;
  /** Milliseconds that a level takes from one end to the other: 0 for a cable, more with an optocoupler or a filter in between. */
  readonly settleMs: number;
  /** A port whose TX and RX are joined. */
  readonly serialLoop: string | undefined;
}

function schema(): v.GenericSchema<unknown, Wiring> {
  const line = v.union([v.string(), v.strictObject({ chip: v.string(), offset: v.pipe(v.number(), v.integer(), v.minValue(0)) })]);
  const address = v.optional(v.pipe(v.number(), v.integer(), v.minValue(3), v.maxValue(0x77)));
  const chips = v.strictObject({
    bme280: address,
    bmp280: address,
    ina219: address,
    ina226: address,
    mpu6050: address,
    adxl345: address,
    ads1115: address,
    pca9685: address,
    mcp23017: address,
    as5600: address,
  });
  return v.pipe(
    v.strictObject({
      jumpers: v.optional(v.array(v.strictTuple([line, line])), []),
      i2c: v.optional(v.strictObject({ bus: v.pipe(v.number(), v.integer(), v.minValue(0)), chips })),
      settleMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100)), 0),
      serialLoop: v.optional(v.string()),
    }),
    v.transform(({ jumpers, i2c, settleMs, serialLoop }): Wiring => ({ jumpers, i2c, settleMs, serialLoop })),
  );
}

export function readWiring(file: string): Wiring {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`the wiring file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const result = v.safeParse(schema(), data);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => `${v.getDotPath(issue) ?? "file"}: ${issue.message}`);
  throw new Error(`the wiring file ${file}: ${issues.join("; ")}`);
}
