// Drives a machine with the official TypeScript client under Node.
//
//   node client.mjs tour URL LANGUAGE...   uses everything of each language's module once and prints one JSON object
//   node client.mjs vision URL             an arm, a camera and a vision service
//   node client.mjs credentials URL        connects with an API key
//   node client.mjs events URL             prints each connection event until it is killed; reconnects by itself
import { setTimeout as delay } from "node:timers/promises";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as viam from "@viamrobotics/sdk";
import { GaugeService } from "./gauge.mjs";

globalThis.VIAM = { GRPC_TRANSPORT_FACTORY: (options) => createGrpcTransport({ httpVersion: "2", ...options }) };

const print = (value) => process.stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);
const full = (name) => `${name.namespace}:${name.type}:${name.subtype}/${name.name}`;

async function connect(host, options) {
  const machine = new viam.RobotClient();
  await machine.dial({ host, noReconnect: true, ...options });
  return machine;
}

async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}

async function drive(motor) {
  await motor.setPower(0.5);
  const on = await motor.isPowered();
  const position = await motor.getPosition();
  await motor.stop();
  return { on, position, off: await motor.isPowered() };
}

async function measure(gauge, name) {
  const measured = await gauge.measure({ name, unit: "C" });
  const watched = await collect(gauge.watch({ name, count: 3 }));
  const recorded = await gauge.record(
    (async function* () {
      for (const value of [1, 2, 3.5]) yield { name, value };
    })(),
  );
  // Each target is sent only when the one before was answered.
  let answered = () => {};
  const answers = gauge.calibrate(
    (async function* () {
      for (const target of [20, 25]) {
        const isAnswered = new Promise((resolve) => {
          answered = resolve;
        });
        yield { name, target };
        await isAnswered;
      }
    })(),
  );
  const calibrated = [];
  for await (const answer of answers) {
    calibrated.push(answer.error);
    answered();
  }
  return {
    measure: [measured.value, measured.unit],
    watch: watched.map((one) => one.value),
    record: [recorded.count, recorded.sum],
    calibrate: calibrated,
  };
}

function statusOf(status) {
  const { GetMachineStatusResponse_State, ResourceStatus_State } = viam.robotApi;
  return {
    isRunning: status.state === GetMachineStatusResponse_State.RUNNING,
    hasConfig: status.config !== undefined,
    ready: status.resources
      .filter((one) => one.state === ResourceStatus_State.READY)
      .map((one) => full(one.name))
      .sort(),
  };
}

/** Starts a long command, finds it among the operations and cancels it. */
async function cancel(machine, sensor) {
  const command = sensor.doCommand(viam.Struct.fromJson({ sleep: 20_000 })).then(
    () => "finished",
    (error) => error.code,
  );
  for (;;) {
    const found = (await machine.getOperations()).find((one) => one.method.endsWith("DoCommand"));
    if (found !== undefined) {
      await machine.cancelOperation(found.id);
      await machine.blockForOperation(found.id);
      return { method: found.method, outcome: await command };
    }
    await delay(10);
  }
}

async function tour(machine, languages) {
  const readings = {};
  const echoes = {};
  const motors = {};
  const gauges = {};
  for (const language of languages) {
    const thermo = new viam.SensorClient(machine, `${language}-thermo`);
    readings[language] = (await thermo.getReadings()).celsius;
    echoes[language] = await thermo.doCommand(viam.Struct.fromJson({ echo: { text: "Grüße", list: [1.5, true] } }));
    motors[language] = await drive(new viam.MotorClient(machine, `${language}-winch`));
    gauges[language] = await measure(machine.createServiceClient(GaugeService), `${language}-dial`);
  }
  const first = new viam.MotorClient(machine, `${languages[0]}-winch`);
  await first.setPower(0.25);
  await machine.stopAll();
  const missing = await new viam.SensorClient(machine, "nowhere").getReadings().catch((error) => error.rawMessage);
  return {
    names: (await machine.resourceNames()).map(full).sort(),
    readings,
    echoes,
    motors,
    gauges,
    stopAll: await first.isPowered(),
    status: statusOf(await machine.getMachineStatus()),
    version: await machine.getVersion(),
    services: Object.fromEntries((await machine.resourceRPCSubtypes()).map((one) => [one.subtype.subtype, one.protoService])),
    models: (await machine.getModelsFromModules()).length,
    operation: await cancel(machine, new viam.SensorClient(machine, `${languages[0]}-thermo`)),
    missing,
  };
}

async function vision(machine) {
  const elbow = new viam.ArmClient(machine, "elbow");
  const before = (await elbow.getJointPositions()).values;
  await elbow.moveToJointPositions([45]);
  const eye = new viam.CameraClient(machine, "eye");
  const { images, metadata } = await eye.getImages();
  const watcher = new viam.VisionClient(machine, "watcher");
  const all = await watcher.captureAllFromCamera("eye", {
    returnImage: true,
    returnClassifications: false,
    returnDetections: true,
    returnObjectPointClouds: false,
  });
  return {
    joints: [before, (await elbow.getJointPositions()).values],
    end: (await elbow.getEndPosition()).x,
    isMoving: await elbow.isMoving(),
    images: images.map((one) => [one.sourceName, one.mimeType, one.image.length]),
    hasMetadata: metadata !== undefined,
    frameRate: (await eye.getProperties()).frameRate,
    detections: (await watcher.getDetectionsFromCamera("eye")).map((one) => one.className),
    captured: [all.image?.image.length, all.detections.length],
    properties: (await watcher.getProperties()).detectionsSupported,
  };
}

async function events(host) {
  const machine = new viam.RobotClient();
  machine.on(viam.MachineConnectionEvent.CONNECTED, () => print("connected"));
  machine.on(viam.MachineConnectionEvent.DISCONNECTED, () => print("disconnected"));
  await machine.dial({ host, reconnectMaxWait: 500 });
  await delay(120_000);
}

const [verb, host, ...languages] = process.argv.slice(2);
if (verb === "events") await events(host);
const credentials = { type: "api-key", authEntity: "c6b4b0a0-0000-4000-8000-000000000000", payload: "any" };
const machine = await connect(host, verb === "credentials" ? { credentials } : {});
if (verb === "tour") print(await tour(machine, languages));
else if (verb === "vision") print(await vision(machine));
else print((await machine.resourceNames()).map(full).sort());
await machine.disconnect();
process.exit(0);
