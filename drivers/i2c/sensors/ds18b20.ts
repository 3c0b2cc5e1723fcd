/** A DS18B20 on the kernel's 1-Wire bus: temperature, measured when asked, which takes up to a second. */
import { isPinionError } from "pinion/hardware";
import { type DependencyNames, type Lifecycle, type ResourceContext, type Sensor, unavailable } from "pinion/sdk";
import * as v from "valibot";
import type { Rig } from "../rig.js";
import { parseScratchpad } from "./ds18b20-scratchpad.js";

export interface Ds18b20Attributes {
  /** With the family in front: `28-000005e2fdc3`. */
  readonly unique_id: string;
}

export const schema: v.GenericSchema<unknown, Ds18b20Attributes> = v.object({
  unique_id: v.pipe(
    v.string(),
    v.regex(
      /^(28-)?[0-9a-f]{12}$/i,
      ({ input }) => `expected the 12 hexadecimal digits after "28-" of a folder in /sys/bus/w1/devices, got ${JSON.stringify(input)}`,
    ),
    v.transform((id) => (id.startsWith("28-") ? id : `28-${id}`).toLowerCase()),
  ),
});

export function validate({ unique_id: id }: Ds18b20Attributes): DependencyNames {
  return { hardware: { claims: [{ kind: "onewire", id }] } };
}

export async function create(
  { attributes: { unique_id: id } }: ResourceContext<Ds18b20Attributes>,
  { hardware: { oneWire } }: Rig,
): Promise<Sensor & Lifecycle<Ds18b20Attributes>> {
  /** One conversion serves all who ask while it runs. */
  let running: Promise<number> | undefined;
  const measure = async (): Promise<number> => {
    try {
      return parseScratchpad(await oneWire.readScratchpad(id));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // The bus names the device itself.
      throw unavailable(isPinionError(error) ? `DS18B20: ${text}` : `DS18B20 ${id}: ${text}`, { cause: error });
    }
  };
  const shared = (): Promise<number> => {
    running ??= measure().finally(() => {
      running = undefined;
    });
    return running;
  };
  await shared();
  return { getReadings: async () => ({ degrees_celsius: await shared() }) };
}
