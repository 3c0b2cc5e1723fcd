/** A whole robot on the virtual board: a board, two motors with encoders, a servo, four sensors on I2C, a GPS. What the processes of its drivers take. */
import { setTimeout as delay } from "node:timers/promises";
import { I2cStub } from "../../hardware-tests/board/i2c-stub.js";
import { PtyPeer } from "../../hardware-tests/board/pty-peer.js";
import { FIX, fillAdxl345, fillBosch, fillIna219, fillMpu6050, fillPca9685 } from "../../hardware-tests/vectors.js";
import type { JsonObject } from "../../src/base/json.js";
import { startDaemon } from "../support/start-daemon.js";
import { bareNodeMemory } from "./bare-node.js";
import { programToRun } from "./bench-machine.js";
import type { Figure } from "./figures.js";
import { pssMegabytes } from "./process-figures.js";
import type { Scope } from "./scope.js";

const PORT = "/tmp/bench-gps";
/** Milliseconds: what is compiled and collected after the start is over by then. */
const SETTLE = 10_000;

function robot(): JsonObject {
  const component = (name: string, type: string, model: string, attributes: JsonObject): JsonObject => ({
    name,
    api: `rdk:component:${type}`,
    model,
    attributes,
  });
  const encoder = (name: string, a: string, b: string): JsonObject =>
    component(name, "encoder", "rdk:builtin:incremental", { board: "pi", pins: { a, b } });
  const motor = (name: string, a: string, b: string, pwm: string): JsonObject =>
    component(name, "motor", "rdk:builtin:gpio", {
      board: "pi",
      pins: { a, b, pwm },
      encoder: `${name}-encoder`,
      ticks_per_rotation: 100,
      max_rpm: 120,
    });
  return {
    components: [
      component("pi", "board", "rdk:builtin:pi", { digital_interrupts: [{ name: "button", pin: "22" }] }),
      encoder("left-encoder", "16", "18"),
      encoder("right-encoder", "29", "31"),
      motor("left", "11", "13", "15"),
      motor("right", "33", "36", "37"),
      component("air", "sensor", "rdk:builtin:bme280", { i2c_bus: 1, i2c_addr: 0x76 }),
      component("battery", "power_sensor", "rdk:builtin:ina219", { i2c_bus: 1, shunt_resistance: 0.1 }),
      component("imu", "movement_sensor", "rdk:builtin:gyro-mpu6050", { i2c_bus: 1 }),
      component("bump", "movement_sensor", "rdk:builtin:accel-adxl345", { i2c_bus: 1 }),
      component("gripper", "servo", "pinion:i2c:pca9685-servo", { i2c_bus: 1, i2c_addr: 0x60, channel: 0 }),
      component("gps", "movement_sensor", "rdk:builtin:gps-nmea", {
        connection_type: "serial",
        serial_attributes: { serial_path: PORT, serial_baud_rate: 9600 },
      }),
    ],
  };
}

/** Registers of a chip as it is after power-on, as far as drivers look at them. */
export function fillChips(): void {
  const stub = I2cStub.find();
  fillBosch(stub, 0x76, "bme280");
  fillIna219(stub, 0x40);
  fillMpu6050(stub, 0x68);
  fillAdxl345(stub, 0x53);
  fillPca9685(stub, 0x60);
}

export async function robotMemory(scope: Scope): Promise<Figure[]> {
  const receiver = await PtyPeer.plug(PORT);
  scope.after(() => receiver.unplug());
  const fixes = setInterval(() => void receiver.write(Buffer.from(FIX)).catch(() => undefined), 1000);
  scope.after(() => clearInterval(fixes));
  const config = robot();
  const daemon = await startDaemon(scope, { config, entry: programToRun() });
  await daemon.untilReady(
    (config["components"] as readonly JsonObject[]).map((component) => String(component["name"])),
    60_000,
  );
  await delay(SETTLE);
  const bare = await bareNodeMemory(scope);
  const baseline = `bare Node ${bare.toFixed(1)} MB`;
  const figure = (measure: string, megabytes: number): Figure => ({
    measure: `robot of 11 resources, PSS: ${measure}`,
    value: `${megabytes.toFixed(1)} MB`,
    baseline,
    ratio: megabytes / bare,
  });
  const drivers = (await daemon.report()).modules.map(({ name, pid }) => ({ name, megabytes: pssMegabytes(pid) }));
  const figures = [
    ...drivers.map(({ name, megabytes }) => figure(name, megabytes)),
    figure(
      `its ${drivers.length} drivers`,
      drivers.reduce((sum, { megabytes }) => sum + megabytes, 0),
    ),
    figure("the supervisor", pssMegabytes(daemon.pid)),
  ];
  await daemon.stop();
  return figures;
}
