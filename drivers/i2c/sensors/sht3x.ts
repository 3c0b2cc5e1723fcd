/** An SHT30, SHT31 or SHT35: temperature and humidity, measured when asked, without clock stretching. */
import { type I2cDevice, isPinionError } from "pinion/hardware";
import type { Lifecycle, ResourceContext, Sensor } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus } from "../attributes.js";
import { Chip } from "../chip.js";
import type { Rig } from "../rig.js";
import { celsiusOf, humidityOf, parseWords } from "./sht3x-frame.js";

export { claimOf as validate } from "../attributes.js";

/** Single shot, high repeatability. */
const MEASURE = [0x24, 0x00];
const READ_STATUS = [0xf3, 0x2d];
/** Milliseconds: the datasheet's longest measurement is 15. */
const MEASURE_TIME = 16;
const MEASURE_LIMIT = 60;

export const schema: v.GenericSchema<unknown, ChipAttributes> = v.object({ i2c_bus: i2cBus, i2c_addr: i2cAddress(0x44, 0x44, 0x45) });

export async function create(
  { attributes, logger }: ResourceContext<ChipAttributes>,
  rig: Rig,
): Promise<Sensor & Lifecycle<ChipAttributes>> {
  const { i2c_bus: bus, i2c_addr: address } = attributes;
  const other = address === 0x44 ? 0x45 : 0x44;
  const hint = `an SHT3x can also be at 0x${other.toString(16)}: then set i2c_addr to ${other}`;
  const chip = new Chip(rig, { profile: { name: "SHT3x", hint, identify }, bus, address, logger });
  await chip.open();
  return {
    getReadings: async (options) => {
      const [temperature = 0, humidity = 0] = await chip.use((device) => measure(chip, device), options?.signal);
      return { temperature_celsius: celsiusOf(temperature), relative_humidity_pct: humidityOf(humidity) };
    },
    close: () => chip.close(),
  };
}

/** It has no register that says what it is; a status with the right checksum is as good. */
async function identify(device: I2cDevice): Promise<void> {
  const answer = await device.sequence(async (held) => {
    await held.send(Uint8Array.from(READ_STATUS));
    return await held.receive(3);
  });
  try {
    parseWords(answer);
  } catch (error) {
    throw new Error(`it does not answer as an SHT3x does: ${textOf(error)}; check i2c_addr and what is wired there`, { cause: error });
  }
}

/** The bus is free while the chip measures. */
async function measure(chip: Chip, device: I2cDevice): Promise<number[]> {
  await device.send(Uint8Array.from(MEASURE));
  await chip.sleep(MEASURE_TIME);
  let answer: Uint8Array | undefined;
  let refusal: unknown;
  const isThere = async (): Promise<boolean> => {
    try {
      answer = await device.receive(6);
    } catch (error) {
      // It refuses to be read until it is done.
      if (!isPinionError(error, "I2C_NO_ANSWER")) throw error;
      refusal = error;
    }
    return answer !== undefined;
  };
  try {
    await chip.until("it has not measured", MEASURE_LIMIT - MEASURE_TIME, isThere);
  } catch (error) {
    throw refusal ?? error;
  }
  const [temperature, humidity] = parseWords(answer ?? new Uint8Array());
  if (temperature === undefined || humidity === undefined) throw new Error(`expected two words, got ${answer?.length ?? 0} bytes`);
  return [temperature, humidity];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
