/** A BME280 or BMP280 that measures by itself, some 12 times a second. */
import type { I2cDevice } from "pinion/hardware";
import type { ResourceLogger } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus } from "../attributes.js";
import { Chip } from "../chip.js";
import { assertIdentity } from "../known-chips.js";
import type { Rig } from "../rig.js";
import {
  celsiusOf,
  fineTemperature,
  type HumidityTrim,
  humidityOf,
  parseHumidityTrim,
  parseMeasurement,
  parseTrim,
  pascalsOf,
  type Trim,
} from "./bme280-compensation.js";

const ID = 0xd0;
const CTRL_HUM = 0xf2;
const STATUS = 0xf3;
const CTRL_MEAS = 0xf4;
const CONFIG = 0xf5;
const DATA = 0xf7;
/** Set while the trim is copied from the chip's fixed memory. */
const COPYING = 0x01;
/** Oversampling: humidity 1, temperature 2, pressure 4; normal mode. A measurement takes up to 19 ms. */
const HUMIDITY_1 = 0x01;
const MEASURE = 0x4f;
/** 62.5 ms between measurements, no filter. */
const STANDBY = 0x20;
/** Milliseconds. */
const COPY_LIMIT = 100;
const FIRST_LIMIT = 200;

export const schema: v.GenericSchema<unknown, ChipAttributes> = v.object({ i2c_bus: i2cBus, i2c_addr: i2cAddress(0x77, 0x76, 0x77) });

export interface Air {
  readonly celsius: number;
  readonly pascals: number;
  /** Per cent; undefined of a BMP280. */
  readonly humidity: number | undefined;
}

export interface BoschChip {
  readonly chip: Chip;
  measure(signal?: AbortSignal): Promise<Air>;
}

export async function openBoschChip(
  rig: Rig,
  kind: "BME280" | "BMP280",
  attributes: ChipAttributes,
  logger: ResourceLogger,
): Promise<BoschChip> {
  const { i2c_bus: bus, i2c_addr: address } = attributes;
  const hasHumidity = kind === "BME280";
  let trim: { readonly main: Trim; readonly humidity: HumidityTrim | undefined } | undefined;

  const other = address === 0x76 ? 0x77 : 0x76;
  const hint = `a ${kind} can also be at 0x${other.toString(16)}: then set i2c_addr to ${other}`;
  const chip = new Chip(rig, { profile: { name: kind, hint, identify, isConfigured, configure }, bus, address, logger });

  async function identify(device: I2cDevice): Promise<void> {
    assertIdentity(ID, await device.readByte(ID), hasHumidity ? 0x60 : 0x58);
    await chip.until("its status (register 0xf3) says for ever that it copies its trim", COPY_LIMIT, async () => {
      return ((await device.readByte(STATUS)) & COPYING) === 0;
    });
    const main = parseTrim(await device.readBlock(0x88, 24));
    const humidity = hasHumidity ? parseHumidityTrim(await device.readByte(0xa1), await device.readBlock(0xe1, 7)) : undefined;
    for (const [name, value] of [
      ["T1", main.t1],
      ["P1", main.p[0]],
    ] as const) {
      if (value === 0 || value === 0xffff)
        throw new Error(`its factory trim is empty: ${name} is ${value}; is the chip genuine and whole?`);
    }
    trim = { main, humidity };
  }

  async function isConfigured(device: I2cDevice): Promise<boolean> {
    const [measure = 0, config = 0] = await device.readBlock(CTRL_MEAS, 2);
    if (measure !== MEASURE || (config & 0xfc) !== STANDBY) return false;
    return !hasHumidity || ((await device.readByte(CTRL_HUM)) & 0x07) === HUMIDITY_1;
  }

  async function configure(device: I2cDevice): Promise<void> {
    await device.writeByte(CTRL_MEAS, 0); // config is taken in sleep only
    await device.writeByte(CONFIG, STANDBY);
    if (hasHumidity) await device.writeByte(CTRL_HUM, HUMIDITY_1); // taken with the next write of ctrl_meas
    await device.writeByte(CTRL_MEAS, MEASURE);
    await chip.until("it does not measure", FIRST_LIMIT, async () => {
      const { temperature, pressure, humidity } = await readRaw(device);
      return temperature !== undefined && pressure !== undefined && (humidity !== undefined || !hasHumidity);
    });
  }

  /** In one read, so that a measurement that ends meanwhile does not mix with the one before. */
  async function readRaw(device: I2cDevice): Promise<ReturnType<typeof parseMeasurement>> {
    return parseMeasurement(await device.readBlock(DATA, hasHumidity ? 8 : 6));
  }

  async function readAir(device: I2cDevice): Promise<Air> {
    const raw = await readRaw(device);
    if (trim === undefined || raw.temperature === undefined || raw.pressure === undefined) throw new Error("it has not measured yet");
    const fine = fineTemperature(raw.temperature, trim.main);
    const air: Air = { celsius: celsiusOf(fine), pascals: pascalsOf(raw.pressure, fine, trim.main), humidity: undefined };
    if (!Number.isFinite(air.pascals)) throw new Error("its factory trim makes no pressure");
    if (trim.humidity === undefined) return air;
    if (raw.humidity === undefined) throw new Error("it has not measured humidity yet");
    return { ...air, humidity: humidityOf(raw.humidity, fine, trim.humidity) };
  }

  await chip.open();
  return { chip, measure: (signal) => chip.use(readAir, signal) };
}
