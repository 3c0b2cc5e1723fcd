/** A robot as people have them: a Raspberry Pi with a motor that has an encoder, sensors on I2C, a GPS. The config is one that viam-server took. */
import type { JsonObject } from "../../../src/base/json.js";

/** Offsets of the lines at header pins 11, 13, 15 and 16, 18. */
export const LINES: {
  readonly motor: readonly [a: number, b: number, pwm: number];
  readonly encoder: readonly [a: number, b: number];
} = { motor: [17, 27, 22], encoder: [23, 24] };

export const BOARD: JsonObject = {
  name: "pi",
  api: "rdk:component:board",
  model: "viam:raspberry-pi:rpi",
  attributes: { pins: [{ name: "button", pin: "22", type: "interrupt" }] },
};

export const ENCODER: JsonObject = {
  name: "wheel-encoder",
  api: "rdk:component:encoder",
  model: "rdk:builtin:incremental",
  attributes: { board: "pi", pins: { a: "16", b: "18" } },
  depends_on: ["pi"],
};

/** Ticks are half the edges: two for a period of the encoder's lines. */
export const MOTOR: JsonObject = {
  name: "wheel",
  api: "rdk:component:motor",
  model: "rdk:builtin:gpio",
  attributes: {
    board: "pi",
    pins: { a: "11", b: "13", pwm: "15" },
    pwm_freq: 100,
    encoder: "wheel-encoder",
    ticks_per_rotation: 50,
    max_rpm: 60,
  },
  depends_on: ["pi", "wheel-encoder"],
};

export const AIR: JsonObject = {
  name: "air",
  api: "rdk:component:sensor",
  model: "viam:bosch:bme280",
  attributes: { i2c_bus: "1", i2c_addr: 118 },
};

export const BATTERY: JsonObject = {
  name: "battery",
  api: "rdk:component:power_sensor",
  model: "viam:texas-instruments:ina219",
  attributes: { i2c_bus: 1, i2c_addr: 64, shunt_resistance: 0.002 },
};

export function gps(port: string): JsonObject {
  return {
    name: "gps",
    api: "rdk:component:movement_sensor",
    model: "viam:gps:nmea",
    attributes: { connection_type: "serial", serial_attributes: { serial_path: port, serial_baud_rate: 9600 } },
  };
}
