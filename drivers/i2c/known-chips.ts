/** Chips that are mistaken for one another: what their identity registers hold. */
import { hex } from "./chip.js";

interface Known {
  readonly name: string;
  /** The model of this module for it. */
  readonly model?: string;
}

const BOSCH: Readonly<Record<number, Known>> = {
  85: { name: "BMP180 or BMP085" },
  86: { name: "BMP280 (sample)" },
  87: { name: "BMP280 (sample)" },
  88: { name: "BMP280", model: "pinion:i2c:bmp280" },
  96: { name: "BME280", model: "rdk:builtin:bme280" },
  97: { name: "BME680 or BME688" },
};

const INVENSENSE: Readonly<Record<number, Known>> = {
  18: { name: "ICM-20602" },
  104: { name: "MPU6050", model: "rdk:builtin:gyro-mpu6050" },
  112: { name: "MPU6500" },
  113: { name: "MPU9250" },
  115: { name: "MPU9255" },
  117: { name: "MPU6515" },
  152: { name: "ICM-20689" },
};

const ANALOG_DEVICES: Readonly<Record<number, Known>> = {
  173: { name: "ADXL355 or ADXL362" },
  229: { name: "ADXL345 or ADXL343", model: "rdk:builtin:accel-adxl345" },
};

const BY_REGISTER: Readonly<Record<number, Readonly<Record<number, Known>>>> = { 208: BOSCH, 117: INVENSENSE, 0: ANALOG_DEVICES };

/** Throws, saying which chip this is and what to do, unless the identity register holds what it should. */
export function assertIdentity(register: number, found: number, expected: number): void {
  if (found === expected) return;
  const known = BY_REGISTER[register]?.[found];
  const which = known === undefined ? "" : ` as a ${known.name} does`;
  const remedy =
    known?.model === undefined ? "check i2c_addr and what is wired there" : `use the model ${known.model}, or correct i2c_addr`;
  throw new Error(
    `another chip is there: expected ${hex(expected)} in its identity register ${hex(register)}, got ${hex(found)}${which}; ${remedy}`,
  );
}
