/** Every method of every API from client to implementation and back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MovementSensorServiceDefinition } from "../../src/proto/gen/viam/component/movementsensor/v1/movementsensor.js";
import { createClient } from "../../src/sdk/grpc/create-client.js";
import { GrpcChannel } from "../../src/sdk/grpc/grpc-channel.js";
import {
  type Board,
  base,
  board,
  button,
  defineModel,
  encoder,
  genericService,
  isRpcError,
  type MovementSensor,
  motor,
  movementSensor,
  powerSensor,
  type Resource,
  type ResourceApi,
  Status,
  servo,
  switchComponent,
  type Tick,
  unimplemented,
} from "../../src/sdk/index.js";
import { startTestModule } from "../../src/sdk/testing.js";
import { eventually } from "../support/eventually.js";

type Call = readonly unknown[];

async function serve<T extends Resource>(t: Parameters<typeof startTestModule>[1], api: ResourceApi<T>, object: T) {
  const model = defineModel<T>({ api, model: "acme:demo:it", create: () => object });
  const module = await startTestModule({ models: [model] }, t);
  return await module.add({ api, model: "acme:demo:it", name: "it" });
}

/** An async function that notes its arguments, without the options, and answers. */
function noting<R>(calls: Call[], name: string, answer: R) {
  return async (...args: readonly unknown[]): Promise<R> => {
    calls.push([name, ...args.filter((arg) => typeof arg !== "object" || Array.isArray(arg))]);
    return answer;
  };
}

test("motor", async (t) => {
  const calls: Call[] = [];
  const client = await serve(t, motor, {
    setPower: noting(calls, "setPower", undefined),
    goFor: noting(calls, "goFor", undefined),
    goTo: noting(calls, "goTo", undefined),
    setRpm: noting(calls, "setRpm", undefined),
    resetZeroPosition: noting(calls, "resetZeroPosition", undefined),
    getPosition: noting(calls, "getPosition", 1.25),
    getProperties: noting(calls, "getProperties", { positionReporting: true }),
    stop: noting(calls, "stop", undefined),
    isPowered: noting(calls, "isPowered", { isOn: true, power: -0.5 }),
    isMoving: noting(calls, "isMoving", true),
  });
  await client.setPower(-0.5);
  await client.goFor(60, -2.5);
  await client.goTo(30, 7);
  await client.setRpm(-10);
  await client.resetZeroPosition(0.5);
  assert.equal(await client.getPosition(), 1.25);
  assert.deepEqual(await client.getProperties(), { positionReporting: true });
  await client.stop();
  assert.deepEqual(await client.isPowered(), { isOn: true, power: -0.5 });
  assert.equal(await client.isMoving(), true);
  assert.deepEqual(calls.slice(0, 5), [
    ["setPower", -0.5],
    ["goFor", 60, -2.5],
    ["goTo", 30, 7],
    ["setRpm", -10],
    ["resetZeroPosition", 0.5],
  ]);
});

test("base", async (t) => {
  const calls: Call[] = [];
  const vectors: unknown[] = [];
  const noteVectors = async (...[linear, angular]: readonly unknown[]): Promise<void> => void vectors.push(linear, angular);
  const client = await serve(t, base, {
    moveStraight: noting(calls, "moveStraight", undefined),
    spin: noting(calls, "spin", undefined),
    setPower: noteVectors,
    setVelocity: noteVectors,
    stop: noting(calls, "stop", undefined),
    isMoving: noting(calls, "isMoving", true),
    getProperties: noting(calls, "getProperties", { width: 0.25, turningRadius: 0.5, wheelCircumference: 0.75 }),
    getGeometries: async () => [{ label: "body", geometryType: { $case: "sphere", value: { radiusMm: 7 } } }],
  });
  await client.moveStraight(-1500.4, 200.5);
  await client.spin(90.5, -45);
  await client.setPower({ x: 0.25, y: 0.5, z: 0.75 }, { x: -0.25, y: -0.5, z: -0.75 });
  await client.setVelocity({ x: 1, y: 2, z: 3 }, { x: 4, y: 5, z: 6 });
  await client.stop();
  assert.equal(await client.isMoving(), true);
  assert.deepEqual(await client.getProperties(), { width: 0.25, turningRadius: 0.5, wheelCircumference: 0.75 });
  assert.deepEqual(
    (await client.getGeometries()).map(({ label }) => label),
    ["body"],
  );
  await assert.rejects(client.doCommand({}), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  await assert.rejects(client.moveStraight(Number.NaN, 1), (error) => isRpcError(error, Status.INVALID_ARGUMENT));
  assert.deepEqual(calls.slice(0, 3), [["moveStraight", -1500, 200.5], ["spin", 90.5, -45], ["stop"]]);
  assert.deepEqual(vectors, [
    { x: 0.25, y: 0.5, z: 0.75 },
    { x: -0.25, y: -0.5, z: -0.75 },
    { x: 1, y: 2, z: 3 },
    { x: 4, y: 5, z: 6 },
  ]);
});

test("board, and its ticks from the moment of the answer", async (t) => {
  const calls: Call[] = [];
  let emit: (tick: Tick) => void = () => {};
  let isListening = false;
  const object: Board = {
    setGpio: noting(calls, "setGpio", undefined),
    getGpio: noting(calls, "getGpio", true),
    getPwm: noting(calls, "getPwm", 0.25),
    setPwm: noting(calls, "setPwm", undefined),
    getPwmFrequency: noting(calls, "getPwmFrequency", 1000),
    setPwmFrequency: noting(calls, "setPwmFrequency", undefined),
    readAnalog: noting(calls, "readAnalog", { value: 7, minRange: 0, maxRange: 4, stepSize: 0.5 }),
    writeAnalog: noting(calls, "writeAnalog", undefined),
    getDigitalInterruptValue: noting(calls, "getDigitalInterruptValue", 12),
    setPowerMode: noting(calls, "setPowerMode", undefined),
    streamTicks: async (interrupts, options) => {
      calls.push(["streamTicks", interrupts]);
      const waiting: Tick[] = [];
      let wake = (): void => {};
      emit = (tick) => {
        waiting.push(tick);
        wake();
      };
      isListening = true;
      options?.signal?.addEventListener("abort", () => {
        isListening = false;
        wake();
      });
      return (async function* () {
        while (isListening) {
          for (const tick of waiting.splice(0)) yield tick;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      })();
    },
  };
  const client = await serve(t, board, object);
  await client.setGpio("37", true);
  assert.equal(await client.getGpio("37"), true);
  assert.equal(await client.getPwm("32"), 0.25);
  await client.setPwm("32", 0.75);
  await client.setPwm("32", 1.005);
  await assert.rejects(client.setPwm("32", 1.5), (error) => isRpcError(error, Status.INVALID_ARGUMENT));
  assert.equal(await client.getPwmFrequency("32"), 1000);
  await client.setPwmFrequency("32", 50);
  assert.deepEqual(await client.readAnalog("a"), { value: 7, minRange: 0, maxRange: 4, stepSize: 0.5 });
  await client.writeAnalog("dac", 9);
  assert.equal(await client.getDigitalInterruptValue("i"), 12);
  await client.setPowerMode("offline-deep", 1500);
  const ticks = await client.streamTicks(["i", "j"]);
  assert.ok(isListening);
  emit({ pin: "i", time: 123_456_789_012_345_678n, isHigh: true });
  emit({ pin: "j", time: 2n, isHigh: false });
  const seen: Tick[] = [];
  for await (const tick of ticks) {
    seen.push(tick);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, [
    { pin: "i", time: 123_456_789_012_345_678n, isHigh: true },
    { pin: "j", time: 2n, isHigh: false },
  ]);
  await eventually("the board stops listening", () => !isListening);
  assert.deepEqual(calls[0], ["setGpio", "37", true]);
  assert.deepEqual(calls.at(-2), ["setPowerMode", "offline-deep", 1500]);
});

test("encoder, servo, switch, button, generic service", async (t) => {
  const calls: Call[] = [];
  const e = await serve(t, encoder, {
    getPosition: async (unit) => {
      if (unit === "degrees") throw unimplemented("no degrees");
      return { value: 42, unit: "ticks" };
    },
    resetPosition: noting(calls, "resetPosition", undefined),
    getProperties: noting(calls, "getProperties", { ticksSupported: true, degreesSupported: false }),
  });
  assert.deepEqual(await e.getPosition(), { value: 42, unit: "ticks" });
  await assert.rejects(e.getPosition("degrees"), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  await e.resetPosition();
  assert.deepEqual(await e.getProperties(), { ticksSupported: true, degreesSupported: false });

  const s = await serve(t, servo, {
    move: noting(calls, "move", undefined),
    getPosition: noting(calls, "getPosition", 89.6),
    stop: noting(calls, "stop", undefined),
    isMoving: noting(calls, "isMoving", false),
  });
  await s.move(90);
  assert.equal(await s.getPosition(), 90);
  await s.stop();
  assert.equal(await s.isMoving(), false);

  const w = await serve(t, switchComponent, {
    setPosition: noting(calls, "setPosition", undefined),
    getPosition: noting(calls, "getPosition", 1),
    getNumberOfPositions: noting(calls, "getNumberOfPositions", { count: 2, labels: ["off", "on"] }),
  });
  await w.setPosition(1);
  assert.equal(await w.getPosition(), 1);
  assert.deepEqual(await w.getNumberOfPositions(), { count: 2, labels: ["off", "on"] });

  const b = await serve(t, button, { push: noting(calls, "push", undefined) });
  await b.push();
  const g = await serve(t, genericService, { doCommand: async (command) => ({ echo: command }), getStatus: async () => ({ fine: true }) });
  assert.deepEqual(await g.doCommand({ a: [1, null, "x"] }), { echo: { a: [1, null, "x"] } });
  assert.deepEqual(await g.getStatus(), { fine: true });
  assert.deepEqual(
    calls.map(([name]) => name),
    [
      "resetPosition",
      "getProperties",
      "move",
      "getPosition",
      "stop",
      "isMoving",
      "setPosition",
      "getPosition",
      "getNumberOfPositions",
      "push",
    ],
  );
});

test("power sensor: readings come from what is implemented", async (t) => {
  const client = await serve(t, powerSensor, {
    getVoltage: async () => ({ volts: 12.5, isAc: false }),
    getCurrent: async () => ({ amperes: 2, isAc: false }),
    getPower: () => Promise.reject(unimplemented("no power")),
  });
  assert.deepEqual(await client.getVoltage(), { volts: 12.5, isAc: false });
  assert.deepEqual(await client.getCurrent(), { amperes: 2, isAc: false });
  await assert.rejects(client.getPower(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  assert.deepEqual(await client.getReadings(), { volts: 12.5, amps: 2, is_ac: false });
});

test("movement sensor: properties and readings come from what is implemented", async (t) => {
  class Gps implements MovementSensor {
    readonly #altitude = 8;
    async getPosition() {
      return { latitude: 40.5, longitude: -73.25, altitude: this.#altitude };
    }
    async getLinearVelocity() {
      return { x: 1, y: 2, z: 3 };
    }
    async getAccuracy() {
      return { accuracy: { gps: 0.5 }, positionHdop: 1.5, positionNmeaGgaFix: 4 };
    }
  }
  const client = await serve(t, movementSensor, new Gps());
  assert.deepEqual(await client.getPosition(), { latitude: 40.5, longitude: -73.25, altitude: 8 });
  assert.deepEqual(await client.getProperties(), {
    linearVelocitySupported: true,
    angularVelocitySupported: false,
    orientationSupported: false,
    positionSupported: true,
    compassHeadingSupported: false,
    linearAccelerationSupported: false,
  });
  await assert.rejects(client.getOrientation(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  assert.deepEqual(await client.getAccuracy(), {
    accuracy: { gps: 0.5 },
    positionHdop: 1.5,
    positionVdop: undefined,
    positionNmeaGgaFix: 4,
    compassDegreesError: undefined,
  });
  assert.deepEqual(await client.getReadings(), {
    position: { _type: "geopoint", lat: 40.5, lng: -73.25 },
    altitude: 8,
    linear_velocity: { _type: "vector3", x: 1, y: 2, z: 3 },
  });
});

test("movement sensor: what is missing is said in the words, and what is not known in the values, of official clients", async (t) => {
  const model = defineModel<MovementSensor>({ api: movementSensor, model: "acme:demo:it", create: () => ({}) });
  const module = await startTestModule({ models: [model] }, t);
  const sensor = await module.add({ api: movementSensor, model: "acme:demo:it", name: "it" });
  for (const [call, text] of [
    [sensor.getPosition(), "Position Unimplemented"],
    [sensor.getOrientation(), "Orientation Unimplemented"],
    [sensor.getLinearVelocity(), "LinearVelocity Unimplemented"],
    [sensor.getAngularVelocity(), "AngularVelocity Unimplemented"],
    [sensor.getCompassHeading(), "CompassHeading Unimplemented"],
    [sensor.getLinearAcceleration(), "linear acceleration unimplemented"],
  ] as const) {
    await assert.rejects(call, (error: Error) => isRpcError(error, Status.UNIMPLEMENTED) && error.message.includes(text));
  }
  const channel = new GrpcChannel(module.address);
  t.after(() => channel.close());
  assert.deepEqual(await createClient(MovementSensorServiceDefinition, channel).getAccuracy({ name: "it" }), {
    accuracy: {},
    positionHdop: Number.NaN,
    positionVdop: Number.NaN,
    positionNmeaGgaFix: -1,
    compassDegreesError: Number.NaN,
  });
});

test("options reach the implementation: extra, time left, signal, metadata", async (t) => {
  let isAborted = false;
  const client = await serve(t, genericService, {
    doCommand: async (_command, options) => {
      if (options?.metadata?.["viam-metadata-who"] === "me") return { timeout: options.timeout };
      await new Promise((resolve) => options?.signal?.addEventListener("abort", resolve));
      isAborted = true;
      return {};
    },
  });
  const { timeout } = await client.doCommand({}, { timeout: 5000, metadata: { "viam-metadata-who": "me" } });
  assert.ok(Number(timeout) > 0 && Number(timeout) <= 5000);
  const controller = new AbortController();
  const call = client.doCommand({}, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(call, (error) => isRpcError(error, Status.CANCELLED));
  await eventually("the implementation saw it", () => isAborted);
});
