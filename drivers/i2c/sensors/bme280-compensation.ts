/** From the raw values of a BME280 or BMP280 to degrees, pascals and per cent: the double forms of the datasheets (BMP280 3.11.3 and 8.1, BME280 4.2.3 and 8.1). */

/** Factory trim of temperature and pressure, registers 0x88 to 0x9F. */
export interface Trim {
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  /** P1 to P9. */
  readonly p: readonly [number, number, number, number, number, number, number, number, number];
}

/** Factory trim of humidity, registers 0xA1 and 0xE1 to 0xE7. */
export interface HumidityTrim {
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
  readonly h4: number;
  readonly h5: number;
  readonly h6: number;
}

/** `bytes`: the 24 registers from 0x88. */
export function parseTrim(bytes: Uint8Array): Trim {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signed = (offset: number): number => view.getInt16(offset, true);
  return {
    t1: view.getUint16(0, true),
    t2: signed(2),
    t3: signed(4),
    p: [view.getUint16(6, true), signed(8), signed(10), signed(12), signed(14), signed(16), signed(18), signed(20), signed(22)],
  };
}

/** `h1`: register 0xA1; `bytes`: the 7 registers from 0xE1. H4 and H5 are signed and share the byte at 0xE5. */
export function parseHumidityTrim(h1: number, bytes: Uint8Array): HumidityTrim {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shared = view.getUint8(4);
  return {
    h1,
    h2: view.getInt16(0, true),
    h3: view.getUint8(2),
    h4: view.getInt8(3) * 16 + (shared & 0x0f),
    h5: view.getInt8(5) * 16 + (shared >> 4),
    h6: view.getInt8(6),
  };
}

export interface RawMeasurement {
  /** 20 bits; undefined where the chip skipped it. */
  readonly pressure: number | undefined;
  readonly temperature: number | undefined;
  /** 16 bits. */
  readonly humidity: number | undefined;
}

const SKIPPED_20 = 0x80000;
const SKIPPED_16 = 0x8000;

/** `bytes`: the registers from 0xF7 in one read, 6 of a BMP280 or 8 of a BME280. What is skipped holds its value after reset. */
export function parseMeasurement(bytes: Uint8Array): RawMeasurement {
  const at = (index: number): number => bytes[index] ?? 0;
  const twenty = (index: number): number => (at(index) << 12) | (at(index + 1) << 4) | (at(index + 2) >> 4);
  const pressure = twenty(0);
  const temperature = twenty(3);
  const humidity = (at(6) << 8) | at(7);
  return {
    pressure: pressure === SKIPPED_20 ? undefined : pressure,
    temperature: temperature === SKIPPED_20 ? undefined : temperature,
    humidity: bytes.length < 8 || humidity === SKIPPED_16 ? undefined : humidity,
  };
}

/** The fine temperature that the other two formulas start from; divided by 5120 it is in degrees Celsius. */
export function fineTemperature(raw: number, { t1, t2, t3 }: Trim): number {
  return (raw / 16384 - t1 / 1024) * t2 + (raw / 131072 - t1 / 8192) ** 2 * t3;
}

export function celsiusOf(fine: number): number {
  return fine / 5120;
}

/** Pascals; NaN for a trim that would divide by zero. */
export function pascalsOf(raw: number, fine: number, { p: [p1, p2, p3, p4, p5, p6, p7, p8, p9] }: Trim): number {
  const a = fine / 2 - 64000;
  const b = ((a * a * p6) / 32768 + a * p5 * 2) / 4 + p4 * 65536;
  const scale = (1 + ((p3 * a * a) / 524288 + p2 * a) / 524288 / 32768) * p1;
  if (scale === 0) return Number.NaN;
  const pressure = ((1048576 - raw - b / 4096) * 6250) / scale;
  return pressure + ((p9 * pressure * pressure) / 2147483648 + (p8 * pressure) / 32768 + p7) / 16;
}

/** Relative humidity in per cent, 0 to 100. */
export function humidityOf(raw: number, fine: number, { h1, h2, h3, h4, h5, h6 }: HumidityTrim): number {
  const h = fine - 76800;
  const slope = (h2 / 65536) * (1 + (h6 / 67108864) * h * (1 + (h3 / 67108864) * h));
  const humidity = (raw - (h4 * 64 + (h5 / 16384) * h)) * slope;
  return Math.min(Math.max(humidity * (1 - (h1 * humidity) / 524288), 0), 100);
}

/** By the Magnus formula with the WMO's coefficients for water; undefined for air without any. */
export function dewPoint(celsius: number, humidity: number): number | undefined {
  if (humidity <= 0) return undefined;
  const gamma = Math.log(humidity / 100) + (17.62 * celsius) / (243.12 + celsius);
  return (243.12 * gamma) / (17.62 - gamma);
}

export function toFahrenheit(celsius: number): number {
  return celsius * 1.8 + 32;
}
