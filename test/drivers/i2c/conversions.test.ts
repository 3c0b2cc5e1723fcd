/** The datasheets' examples, in the order of the chips' pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADS1015, ADS1115, codeOf, configWord, INPUTS, RANGES, stepOf } from "../../../drivers/i2c/boards/ads1115-config.js";
import { EdgeMemory, parseCapture } from "../../../drivers/i2c/boards/mcp23017-edges.js";
import { bitOf, namesOf, pinOf, registerOf } from "../../../drivers/i2c/boards/mcp23017-registers.js";
import { channelBytes, countsOf, dutyOf, frequencyOf, prescaleOf } from "../../../drivers/i2c/boards/pca9685-registers.js";
import { parseAs5048, parseAs5600 } from "../../../drivers/i2c/encoders/magnet.js";
import { degreesOf, Turns } from "../../../drivers/i2c/encoders/turns.js";
import { parseAcceleration, STEP, toSteps } from "../../../drivers/i2c/movement/adxl345-registers.js";
import { accelerometerSteps, gyroscopeSteps, parseInertial } from "../../../drivers/i2c/movement/mpu6050-conversion.js";
import { busVolts, currentLimit, INA219_SCALE, INA226_SCALE, shuntVolts } from "../../../drivers/i2c/power/ina-conversion.js";
import {
  celsiusOf,
  dewPoint,
  fineTemperature,
  humidityOf,
  parseHumidityTrim,
  parseMeasurement,
  parseTrim,
  pascalsOf,
  toFahrenheit,
} from "../../../drivers/i2c/sensors/bme280-compensation.js";
import { celsiusOf as ds18b20Celsius, parseScratchpad } from "../../../drivers/i2c/sensors/ds18b20-scratchpad.js";
import { crc8, parseWords, celsiusOf as sht3xCelsius, humidityOf as sht3xHumidity } from "../../../drivers/i2c/sensors/sht3x-frame.js";
import { highestFrequency, widthOf } from "../../../drivers/i2c/servos/servo-pulse.js";
import { BOSCH_TRIM } from "./chips.js";

function near(found: number | undefined, expected: number, tolerance: number): void {
  assert.ok(found !== undefined && Math.abs(found - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${found}`);
}

test("BMP280 3.12: temperature and pressure of the example", () => {
  const trim = parseTrim(Uint8Array.from(BOSCH_TRIM));
  assert.deepEqual(trim, { t1: 27504, t2: 26435, t3: -1000, p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000] });
  const fine = fineTemperature(519888, trim);
  near(fine, 128422, 1);
  near(celsiusOf(fine), 25.08248, 0.00001);
  near(pascalsOf(415148, fine, trim), 100653.27, 0.01);
  assert.ok(Number.isNaN(pascalsOf(415148, fine, { ...trim, p: [0, 0, 0, 0, 0, 0, 0, 0, 0] })));
});

test("BME280 4.2.3: humidity as the kernel works it out, with H4 and H5 signed", () => {
  const trim = parseHumidityTrim(75, Uint8Array.of(355 & 0xff, 355 >> 8, 0, 338 >> 4, (338 & 0x0f) | ((50 & 0x0f) << 4), 50 >> 4, 30));
  assert.deepEqual(trim, { h1: 75, h2: 355, h3: 0, h4: 338, h5: 50, h6: 30 });
  near(humidityOf(27500, 128422, trim), 31.5034, 0.00001);
  const negative = parseHumidityTrim(0, Uint8Array.of(0, 0, 0, 0xff, 0x21, 0xfe, 0xff));
  assert.deepEqual([negative.h4, negative.h5, negative.h6], [-15, -30, -1]);
  assert.deepEqual([humidityOf(0, 128422, trim), humidityOf(65535, 128422, trim)], [0, 100]);
});

test("BME280 4.1: skipped measurements are none", () => {
  assert.deepEqual(parseMeasurement(Uint8Array.of(0x65, 0x5a, 0xc0, 0x7e, 0xed, 0, 0x6b, 0x6c)), {
    pressure: 415148,
    temperature: 519888,
    humidity: 27500,
  });
  const skipped = { pressure: undefined, temperature: undefined, humidity: undefined };
  assert.deepEqual(parseMeasurement(Uint8Array.of(0x80, 0, 0, 0x80, 0, 0, 0x80, 0)), skipped);
  assert.equal(parseMeasurement(Uint8Array.of(0x65, 0x5a, 0xc0, 0x7e, 0xed, 0)).humidity, undefined);
});

test("the dew point is the temperature in saturated air, and below it otherwise", () => {
  near(dewPoint(25, 100), 25, 1e-9);
  near(dewPoint(20, 50), 9.26, 0.02);
  assert.equal(dewPoint(20, 0), undefined);
  assert.equal(toFahrenheit(25), 77);
});

test("SHT3x 4.12 and 4.13: checksum and ends of the scales", () => {
  assert.equal(crc8([0xbe, 0xef]), 0x92);
  assert.deepEqual(parseWords(Uint8Array.of(0xbe, 0xef, 0x92)), [0xbeef]);
  assert.throws(() => parseWords(Uint8Array.of(0xbe, 0xef, 0x92, 0xbe, 0xee, 0x92)), /checksum of word 2 is 0x92/);
  assert.deepEqual([sht3xCelsius(0), sht3xCelsius(65535), sht3xHumidity(0), sht3xHumidity(65535)], [-45, 130, 0, 100]);
});

test("ADS1115 8.1.2 and 8.1.3: codes, steps, config", () => {
  const volts = (word: number, range: number): number => codeOf(word, ADS1115) * stepOf(range, ADS1115);
  assert.deepEqual(
    [0x7fff, 1, 0, 0xffff, 0x8000].map((word) => codeOf(word, ADS1115)),
    [32767, 1, 0, -1, -32768],
  );
  near(volts(0x7fff, 2.048), (2.048 * 32767) / 32768, 1e-12);
  assert.equal(volts(0x8000, 2.048), -2.048);
  assert.deepEqual(
    RANGES.map((range) => Number((stepOf(range, ADS1115) * 1e6).toPrecision(10))),
    [187.5, 125, 62.5, 31.25, 15.625, 7.8125],
  );
  // After reset: A0-A1, 2.048 V, 128 samples a second, single shot, comparator off; bit 15 says idle.
  assert.equal(configWord({ input: "A0-A1", range: 2.048, rate: 128 }, ADS1115) | 0x8000, 0x8583);
  assert.equal(configWord({ input: "A0", range: 2.048, rate: 128 }, ADS1115) | 0x8000, 0xc583);
  assert.deepEqual(
    INPUTS.map((input) => configWord({ input, range: 6.144, rate: 8 }, ADS1115) >> 12),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(
    [0x7ff0, 0x0010, 0xfff0, 0x8000].map((word) => codeOf(word, ADS1015)),
    [2047, 1, -1, -2048],
  );
  near(stepOf(2.048, ADS1015), 1e-3, 1e-12);
});

test("INA219 table: 10 A at 12 V through 2 milliohm, as the chip's own arithmetic has it", () => {
  const amperes = (shuntVolts(0x07d0, INA219_SCALE) ?? 0) / 0.002;
  near(shuntVolts(0x07d0, INA219_SCALE), 0.02, 1e-12);
  near(busVolts(0x5d98, INA219_SCALE), 11.98, 1e-9);
  const calibration = Math.trunc(0.04096 / (0.001 * 0.002));
  assert.equal(calibration, 0x5000);
  assert.equal((2000 * calibration) / 4096, 0x2710); // the current register, in steps of 1 mA
  near(amperes, 0x2710 * 0.001, 1e-9);
  assert.equal(Math.trunc((10000 * 2995) / 5000), 0x1766); // the power register, in steps of 20 mA times volts
  near(amperes * busVolts(0x5d98, INA219_SCALE), 0x1766 * 0.02, 1e-6);
  near(shuntVolts(0xf830, INA219_SCALE), -0.02, 1e-12);
  assert.deepEqual([shuntVolts(0x7d00, INA219_SCALE), shuntVolts(0x8300, INA219_SCALE)], [undefined, undefined]);
  near(currentLimit(0.1, INA219_SCALE), 3.2, 1e-9);
});

test("INA226 table: 10 A at 12 V through 2 milliohm, as the chip's own arithmetic has it", () => {
  const amperes = (shuntVolts(0x1f40, INA226_SCALE) ?? 0) / 0.002;
  near(shuntVolts(0x1f40, INA226_SCALE), 0.02, 1e-12);
  near(busVolts(0x2570, INA226_SCALE), 11.98, 1e-9);
  const calibration = Math.trunc(0.00512 / (0.001 * 0.002));
  assert.equal(calibration, 0xa00);
  assert.equal((8000 * calibration) / 2048, 0x2710);
  near(amperes, 0x2710 * 0.001, 1e-9);
  assert.equal(Math.trunc((10000 * 9584) / 20000), 0x12b8);
  near(amperes * busVolts(0x2570, INA226_SCALE), 0x12b8 * 0.025, 1e-6);
  assert.deepEqual([shuntVolts(0x7fff, INA226_SCALE), shuntVolts(0x8000, INA226_SCALE)], [undefined, undefined]);
});

test("PCA9685 7.3.3 and 7.3.5: counts and prescale", () => {
  assert.deepEqual(countsOf(0.2, 0.1), { on: 0x199, off: 0x4cc });
  assert.deepEqual(countsOf(0.9, 0.9), { on: 0xe65, off: 0xccb });
  assert.deepEqual(
    [24, 50, 60, 200, 1526].map((frequency) => prescaleOf(frequency)),
    [253, 121, 101, 30, 3],
  );
  assert.deepEqual(
    [20, 2000].map((frequency) => prescaleOf(frequency)),
    [undefined, undefined],
  );
  near(frequencyOf(121), 50.03, 0.01);
  const counts = [500, 1000, 1500, 2000, 2500].map((width) => countsOf((width * 50) / 1e6).off);
  assert.deepEqual(counts, [102, 205, 307, 410, 512]);
  assert.deepEqual([...channelBytes(0)], [0, 0, 0, 0x10]);
  assert.deepEqual([...channelBytes(1)], [0, 0x10, 0, 0]);
  assert.deepEqual(
    [0, 1].map((duty) => dutyOf(channelBytes(duty))),
    [0, 1],
  );
  assert.equal(dutyOf(Uint8Array.of(0x65, 0x0e, 0xcb, 0x0c)), 3686 / 4096);
  assert.equal(dutyOf(Uint8Array.of(0, 0x10, 0, 0x10)), 0);
});

test("MPU6050 4.17 to 4.19: scales as the kernel has them", () => {
  assert.deepEqual([2, 4, 8, 16].map(accelerometerSteps), [16384, 8192, 4096, 2048]);
  assert.deepEqual([250, 500, 1000, 2000].map(gyroscopeSteps), [131, 65.5, 32.8, 16.4]);
  const { acceleration, rotation, celsius } = parseInertial(Uint8Array.of(0x40, 0, 0, 0, 0xc0, 0, 0xf0, 0, 0, 0x83, 0, 0, 0xff, 0x7d), {
    accelerometerRange: 2,
    gyroscopeRange: 250,
  });
  near(acceleration.x, 16384 * 0.000598, 0.01);
  assert.deepEqual([acceleration.y, acceleration.z], [0, -acceleration.x]);
  assert.deepEqual(rotation, { x: 1, y: 0, z: -1 });
  near(celsius, (-4096 + 12420) * 2.941176e-3, 0.01);
  near(1 / gyroscopeSteps(2000), (0.001064724 * 180) / Math.PI, 1e-4);
});

test("ADXL345: 256 steps to the g, least significant byte first, and the steps of its thresholds", () => {
  assert.deepEqual(parseAcceleration(Uint8Array.of(0, 1, 0, 0xff, 128, 0)), { x: 9.80665, y: -9.80665, z: 9.80665 / 2 });
  assert.deepEqual(
    [toSteps(3000, STEP.tapThreshold), toSteps(10_000, STEP.tapDuration), toSteps(437.5, STEP.fallThreshold), toSteps(160, STEP.fallTime)],
    [48, 16, 7, 32],
  );
  assert.deepEqual([toSteps(1, 62.5), toSteps(1e6, 62.5)], [1, 255]);
});

test("AS5600 and AS5048B: angles, and what makes them worthless", () => {
  assert.deepEqual(parseAs5600(0x20, 0x04, 0x00), { angle: 0.25, problem: undefined, concern: undefined });
  assert.equal(parseAs5600(0x20, 0xff, 0xff).angle, 4095 / 4096);
  assert.match(parseAs5600(0x00, 0, 0).problem ?? "", /no magnet/);
  assert.match(parseAs5600(0x30, 0, 0).problem ?? "", /weak/);
  assert.match(parseAs5600(0x28, 0, 0).concern ?? "", /strong/);
  assert.deepEqual(parseAs5048(0x01, 0x40, 0x00), { angle: 0.25, problem: undefined, concern: undefined });
  assert.equal(parseAs5048(0x01, 0xff, 0x3f).angle, 16383 / 16384);
  for (const [diagnostics, text] of [
    [0x00, /offset compensation/],
    [0x03, /overflow/],
    [0x09, /weak/],
  ] as const) {
    assert.match(parseAs5048(diagnostics, 0, 0).problem ?? "", text);
  }
});

test("turns are counted over the end of the scale in both directions", () => {
  const turns = new Turns();
  for (const angle of [0.9, 0.1, 0.4, 0.8, 0.2]) turns.advance(angle);
  assert.equal(Number(turns.position.toFixed(9)), 2.2);
  for (const angle of [0.8, 0.4, 0.1, 0.7]) turns.advance(angle);
  assert.equal(Number(turns.position.toFixed(9)), 0.7);
  turns.reset();
  assert.equal(turns.position, 0);
  turns.advance(0.6);
  assert.equal(Number(turns.position.toFixed(9)), -0.1);
  assert.equal(Math.round(degreesOf(turns.position)), 324);
});

test("MCP23017 table 3-5: registers and names", () => {
  assert.deepEqual([pinOf("A0"), pinOf("gpb7"), pinOf("8"), pinOf("16"), pinOf("C1")], [0, 15, 8, undefined, undefined]);
  assert.deepEqual(namesOf(11), ["B3", "GPB3", "11"]);
  assert.deepEqual([registerOf("OLAT", 3), registerOf("OLAT", 11), bitOf(11)], [0x14, 0x15, 8]);
});

test("MCP23017: a pulse between two looks gives both of its edges", () => {
  const memory = new EdgeMemory();
  const look = (...bytes: number[]): object[] => [...memory.take(parseCapture(Uint8Array.from(bytes)), 0x0101)];
  assert.deepEqual(look(0, 0, 0, 0, 0, 0), []);
  assert.deepEqual(look(1, 0, 1, 0, 0, 0), [
    { pin: 0, isHigh: true },
    { pin: 0, isHigh: false },
  ]);
  assert.deepEqual(look(0, 1, 0, 1, 0, 1), [{ pin: 8, isHigh: true }]);
  // Pins that are no interrupts do not count; a change that was not captured does.
  assert.deepEqual(look(2, 0, 2, 1, 2, 0), [{ pin: 8, isHigh: false }]);
});

test("DS18B20: real scratchpads, the datasheet's table, and what is rejected", () => {
  const scratchpad = (text: string): Uint8Array => Uint8Array.from(text.split(" "), (byte) => Number.parseInt(byte, 16));
  assert.equal(parseScratchpad(scratchpad("4b 01 4b 46 7f ff 05 10 e1")), 20.6875);
  assert.equal(parseScratchpad(scratchpad("98 01 4b 46 7f ff 08 10 22")), 25.5);
  assert.throws(() => parseScratchpad(scratchpad("50 05 4b 46 7f ff 0c 10 1c")), /power-up/);
  assert.throws(() => parseScratchpad(scratchpad("4b 01 4b 46 7f ff 05 10 e2")), /checksum is 0xe2.*0xe1/);
  assert.throws(() => parseScratchpad(new Uint8Array(9)), /no scratchpad of a DS18B20/);
  assert.throws(() => parseScratchpad(new Uint8Array(8)), /expected 9 bytes, got 8/);
  const table = [
    [0x07d0, 125],
    [0x0550, 85],
    [0x0191, 25.0625],
    [0x00a2, 10.125],
    [0x0008, 0.5],
    [0x0000, 0],
    [0xfff8, -0.5],
    [0xff5e, -10.125],
    [0xfe6f, -25.0625],
    [0xfc90, -55],
  ] as const;
  for (const [word, celsius] of table) assert.equal(ds18b20Celsius(word & 0xff, word >> 8), celsius);
});

test("servo pulses: width by angle, and the highest frequency", () => {
  const range = { minAngle: 0, maxAngle: 180, minWidth: 500, maxWidth: 2500 };
  assert.deepEqual(
    [-10, 0, 90, 180, 400].map((angle) => widthOf(angle, range)),
    [500, 500, 1500, 2500, 2500],
  );
  assert.equal(highestFrequency(2500), 392);
});
