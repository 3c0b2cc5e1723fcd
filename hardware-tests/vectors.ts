/** What simulated chips are filled with, and what must be read then: the datasheets' own examples. */
import type { I2cRegisters } from "./rig.js";

function le16(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff]);
}

/** BMP280 datasheet 3.12: 25.08 °C and 100653.27 Pa. Humidity has no example of the maker's: the kernel's driver answers 31.500 %. */
export const BOSCH: Readonly<Record<"celsius" | "pascals" | "humidity", number>> = {
  celsius: 25.08248,
  pascals: 100653.267,
  humidity: 31.5034,
};

export function fillBosch(registers: I2cRegisters, address: number, model: "bme280" | "bmp280"): void {
  registers.setBytes(address, 0xd0, model === "bme280" ? 0x60 : 0x58);
  const temperature = [27504, 26435, -1000];
  const pressure = [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000];
  registers.setBytes(address, 0x88, ...le16(...temperature, ...pressure));
  // Raw 415148 and 519888, and 27500 for humidity.
  registers.setBytes(address, 0xf7, 0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 0x6b, 0x6c);
  if (model === "bmp280") return;
  // H1 75, H2 355, H3 0, H4 338, H5 50, H6 30.
  registers.setBytes(address, 0xa1, 75);
  registers.setBytes(address, 0xe1, ...le16(355), 0, 338 >> 4, (338 & 15) | ((50 & 15) << 4), 50 >> 4, 30);
}

/** INA219 datasheet, table 8: 10 A at 12 V through 2 mΩ. INA226 datasheet, table 8: the same load. */
export const INA: Readonly<Record<"ohms" | "volts" | "amperes" | "watts", number>> = {
  ohms: 0.002,
  volts: 11.98,
  amperes: 10,
  watts: 119.8,
};

/** Current and power as the chip would compute them from a calibration of 1 mA. */
export function fillIna219(registers: I2cRegisters, address: number): void {
  registers.setWord(address, 0, 0x399f);
  registers.setWord(address, 1, 2000);
  registers.setWord(address, 2, 0x5d98);
  registers.setWord(address, 3, 5990);
  registers.setWord(address, 4, 10000);
}

export function fillIna226(registers: I2cRegisters, address: number): void {
  registers.setWord(address, 0, 0x4127);
  registers.setWord(address, 1, 8000);
  registers.setWord(address, 2, 9584);
  registers.setWord(address, 3, 4792);
  registers.setWord(address, 4, 10000);
  // Conversion ready.
  registers.setWord(address, 6, 0x0008);
  registers.setWord(address, 0xfe, 0x5449);
  registers.setWord(address, 0xff, 0x2260);
}

/** Acceleration 1 g on x in the ±2 g range, -4096 raw of temperature (24.48 °C), 131 raw of turning about x: 1 degree a second at ±250. */
export function fillMpu6050(registers: I2cRegisters, address: number): void {
  registers.setBytes(address, 0x75, 0x68);
  registers.setBytes(address, 0x6b, 0x40);
  registers.setBytes(address, 0x3b, 0x40, 0x00, 0, 0, 0, 0, 0xf0, 0x00, 0x00, 0x83, 0, 0, 0, 0);
}

/** 256 steps are one g on z, in all ranges of full resolution. */
export function fillAdxl345(registers: I2cRegisters, address: number): void {
  registers.setBytes(address, 0x00, 0xe5);
  registers.setBytes(address, 0x32, 0, 0, 0, 0, ...le16(256));
}

/** A magnet in the middle, at a quarter of a turn: 1024 of 4096. */
export function fillAs5600(registers: I2cRegisters, address: number): void {
  registers.setBytes(address, 0x0b, 0x20, 0x04, 0x00, 0x04, 0x00);
  registers.setBytes(address, 0x1a, 0x80, 0x08, 0x00);
}

/** As after power-on: all pins are inputs. */
export function fillMcp23017(registers: I2cRegisters, address: number): void {
  registers.setBytes(address, 0x00, 0xff, 0xff, ...Array.from({ length: 20 }, () => 0));
}

/** As after power-on: asleep, at 200 Hz. */
export function fillPca9685(registers: I2cRegisters, address: number): void {
  registers.setBytes(address, 0x00, 0x11, 0x04);
  registers.setBytes(address, 0xfe, 0x1e);
}

/** Half a scale: 16384 of 32768. */
export function fillAds1115(registers: I2cRegisters, address: number): void {
  registers.setWord(address, 0, 16384);
  registers.setWord(address, 1, 0x8583);
}

/** The NMEA example that everybody has: 48° 7.038' N, 11° 31' E, 545.4 m. */
export const FIX: string =
  "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n";
