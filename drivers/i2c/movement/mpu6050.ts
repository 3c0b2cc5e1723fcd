/** An MPU6050: acceleration, rotation and its own temperature, read when asked. */
import type { I2cDevice } from "pinion/hardware";
import type { DependencyNames, Lifecycle, MovementSensor, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { claimOf, flag, i2cBus, oneOf } from "../attributes.js";
import { Chip } from "../chip.js";
import { assertIdentity } from "../known-chips.js";
import type { Rig } from "../rig.js";
import { type InertialReading, parseInertial } from "./mpu6050-conversion.js";
import { vectorReading } from "./vector-reading.js";

export interface Mpu6050Attributes {
  readonly i2c_bus: number;
  readonly use_alt_i2c_address: boolean;
  readonly accelerometer_range_g: number;
  readonly gyroscope_range_degs_per_sec: number;
}

const ACCELEROMETER_RANGES = [2, 4, 8, 16];
const GYROSCOPE_RANGES = [250, 500, 1000, 2000];

export const schema: v.GenericSchema<unknown, Mpu6050Attributes> = v.object({
  i2c_bus: i2cBus,
  use_alt_i2c_address: flag,
  accelerometer_range_g: oneOf(ACCELEROMETER_RANGES, 2),
  gyroscope_range_degs_per_sec: oneOf(GYROSCOPE_RANGES, 250),
});

export function validate(attributes: Mpu6050Attributes): DependencyNames {
  return claimOf({ i2c_bus: attributes.i2c_bus, i2c_addr: addressOf(attributes) });
}

const SMPLRT_DIV = 0x19;
const DATA = 0x3b;
const PWR_MGMT_1 = 0x6b;
const WHO_AM_I = 0x75;
/** Awake, the clock from the X gyroscope; after reset it sleeps, and its data are 0. */
const AWAKE = 0x01;
/** Low-pass of 44 Hz for the accelerometer and 42 Hz for the gyroscope. */
const LOW_PASS = 3;
/** 200 samples a second: 1 kHz divided by 1 + 4. */
const DIVIDER = 4;
/** Milliseconds until the gyroscope is up. */
const START_TIME = 50;

export async function create(
  { attributes, logger }: ResourceContext<Mpu6050Attributes>,
  rig: Rig,
): Promise<MovementSensor & Lifecycle<Mpu6050Attributes>> {
  const { i2c_bus: bus, accelerometer_range_g: accelerometerRange, gyroscope_range_degs_per_sec: gyroscopeRange } = attributes;
  const address = addressOf(attributes);
  const settings = [
    DIVIDER,
    LOW_PASS,
    GYROSCOPE_RANGES.indexOf(gyroscopeRange) << 3,
    ACCELEROMETER_RANGES.indexOf(accelerometerRange) << 3,
  ];

  async function isConfigured(device: I2cDevice): Promise<boolean> {
    if ((await device.readByte(PWR_MGMT_1)) !== AWAKE) return false;
    const found = await device.readBlock(SMPLRT_DIV, settings.length);
    return settings.every((value, index) => found[index] === value);
  }

  async function configure(device: I2cDevice): Promise<void> {
    await device.writeByte(PWR_MGMT_1, AWAKE);
    await chip.until(
      "it does not wake up: register 0x6b does not keep what is written",
      100,
      async () => (await device.readByte(PWR_MGMT_1)) === AWAKE,
    );
    await device.writeBlock(SMPLRT_DIV, Uint8Array.from(settings));
    await chip.sleep(START_TIME);
  }

  const chip: Chip = new Chip(rig, {
    profile: {
      name: "MPU6050",
      hint: `with its pin AD0 ${address === 0x68 ? "high" : "low"} it is at 0x${address === 0x68 ? "69: then set" : "68: then leave out"} use_alt_i2c_address`,
      identify: async (device) => assertIdentity(WHO_AM_I, await device.readByte(WHO_AM_I), 0x68),
      isConfigured,
      configure,
    },
    bus,
    address,
    logger,
  });
  const read = (signal: AbortSignal | undefined): Promise<InertialReading> =>
    // In one read, so that all values are of one sample.
    chip.use(async (device) => parseInertial(await device.readBlock(DATA, 14), { accelerometerRange, gyroscopeRange }), signal);

  await chip.open();
  return {
    getLinearAcceleration: async (options) => (await read(options?.signal)).acceleration,
    getAngularVelocity: async (options) => (await read(options?.signal)).rotation,
    getReadings: async (options) => {
      const { acceleration, rotation, celsius } = await read(options?.signal);
      return {
        linear_acceleration: vectorReading(acceleration),
        angular_velocity: vectorReading(rotation, "angular_velocity"),
        temperature_celsius: celsius,
      };
    },
    close: () => chip.close(),
  };
}

function addressOf({ use_alt_i2c_address: isAlternate }: Mpu6050Attributes): number {
  return isAlternate ? 0x69 : 0x68;
}
