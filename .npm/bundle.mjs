/**
 * Bundles what starts often into one file each, with V8's code cache beside it: fewer files to open on an SD card, a faster start, less memory.
 * Runs after tsc, on its output. Usage: node .npm/bundle.mjs
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const root = path.dirname(import.meta.dirname);
const inRoot = (...parts) => path.join(root, ...parts);

await bundle("dist/sdk/sdk", "dist/src/sdk/bundled.js");
writeSdkEntries();
await warm("dist/sdk/sdk", { exercise: exerciseSensor });

await bundle("dist/drivers/simulated/module", "dist/drivers/simulated/main.js");
// What a custom API is read from lies beside the bundle, so that the folder and run.sh are all of the module.
cpSync(inRoot("drivers/simulated/proto"), inRoot("dist/drivers/simulated/proto"), { recursive: true });
cpSync(inRoot("src/proto/viam/common"), inRoot("dist/drivers/simulated/proto/viam/common"), { recursive: true });
await warm("dist/drivers/simulated/module", { exercise: exerciseDriver });

for (const [driver, resources] of Object.entries(hardwareDrivers())) {
  await bundle(`dist/drivers/${driver}/module`, `dist/drivers/${driver}/main.js`);
  await warm(`dist/drivers/${driver}/module`, { exercise: (folder) => exerciseModule(folder, resources) });
}

await bundle("dist/bin/pinion", "dist/src/bin.js");
await warm("dist/bin/pinion", { args: daemonArguments });

/** NAME.bundle.cjs, and NAME.cjs that starts it. */
async function bundle(name, entry) {
  mkdirSync(path.dirname(inRoot(name)), { recursive: true });
  await build({
    entryPoints: [inRoot(entry)],
    outfile: inRoot(`${name}.bundle.cjs`),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    charset: "ascii",
    banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
    footer: { js: "})" },
    sourcemap: false,
    legalComments: "none",
    external: ["better-sqlite3", "@valibot/to-json-schema", "onoff", "epoll", "koffi", "i2c-bus", "serialport"],
    // Script compiled through the cache cannot import, but it can require.
    supported: { "dynamic-import": false },
    plugins: [{ name: "bundled-require", setup: (setup) => setup.onLoad({ filter: /dist\/src\/.*\.js$/ }, bundledRequire) }],
    define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
    logLevel: "error",
  });
  copyFileSync(inRoot(".npm/launcher.cjs"), inRoot(`${name}.cjs`));
  chmodSync(inRoot(`${name}.cjs`), 0o755);
}

/** Libraries that a file loads when it first needs them go into the bundle like all others. */
function bundledRequire({ path: file }) {
  return { contents: readFileSync(file, "utf8").replace(/createRequire\(import\.meta\.url\)\(("[^"]+")\)/g, "require($1)"), loader: "js" };
}

/** What `pinion/sdk` and `pinion/sdk/testing` are when Node.js runs them: names of one and the same bundle. */
function writeSdkEntries() {
  for (const [file, member] of [
    ["index", "sdk()"],
    ["testing", "await testing()"],
  ]) {
    const names = exportedNames(inRoot(`dist/src/sdk/${file}.js`));
    const text = `import launched from "./sdk.cjs";\n\nconst { sdk, testing } = launched.bundle;\nexport const { ${names.join(", ")} } = ${member};\n`;
    writeFileSync(inRoot(`dist/sdk/${file}.js`), text);
  }
}

/** Of a file that tsc wrote. */
function exportedNames(file) {
  const text = readFileSync(file, "utf8");
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list.split(",").map((name) => name.trim()));
  const declared = [...text.matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map(([, name]) => name);
  return [...lists, ...declared].filter((name) => name !== "").toSorted();
}

/** Runs the program once on a machine of its own and keeps what V8 compiled for it: NAME.vX.Y.Z.cache. */
async function warm(name, { args = (folder) => [path.join(folder, "module.sock")], exercise }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "pinion-warm-"));
  const script = inRoot(".npm/warm.cjs");
  const child = spawn(process.execPath, [script, inRoot(`${name}.cjs`), ...args(folder)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
  try {
    await exercise?.(folder);
    if (exercise !== undefined) child.kill("SIGTERM");
    const [code] = await ended;
    if (code !== 0) throw new Error(`expected the run that fills the code cache to end with 0, got ${code}`);
  } catch (error) {
    // The program is whole without it, only slower to start.
    console.warn(`${name}: no code cache: ${error.message}`);
  } finally {
    clearTimeout(limit);
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function daemonArguments(folder) {
  const config = path.join(folder, "machine.json");
  const components = ["board", "encoder", "motor", "sensor", "servo"].map((type) => ({
    name: type,
    api: `rdk:component:${type}`,
    model: `pinion:simulated:${type}`,
  }));
  writeFileSync(config, JSON.stringify({ components, network: { bind_address: "127.0.0.1:0" } }));
  return ["run", "--config", config, "--home", path.join(folder, "home")];
}

async function exerciseSensor(folder) {
  await exerciseModule(folder, [{ type: "sensor", model: "warm:up:sensor", method: "GetReadings" }]);
}

async function exerciseDriver(folder) {
  await exerciseModule(folder, [
    { type: "board", model: "pinion:simulated:board" },
    { type: "encoder", model: "pinion:simulated:encoder", method: "GetPosition" },
    { type: "motor", model: "pinion:simulated:motor", method: "IsMoving" },
    { type: "sensor", model: "pinion:simulated:sensor", method: "GetReadings" },
    { type: "servo", model: "pinion:simulated:servo", method: "GetPosition" },
  ]);
}

/** What the module of each driver is warmed with. A machine that builds Pinion has no hardware: the resources are checked, and fail when they open it. */
function hardwareDrivers() {
  const i2c = { i2c_bus: 250 };
  const port = { serial_path: "/dev/pinion-warm" };
  return {
    gpio: [
      { type: "board", model: "rdk:builtin:linux" },
      { type: "motor", model: "rdk:builtin:gpio", attributes: { board: "board", pins: { a: "11", b: "13", pwm: "15" }, max_rpm: 100 } },
      { type: "encoder", model: "rdk:builtin:incremental", attributes: { board: "board", pins: { a: "16", b: "18" } } },
    ].map((resource) => ({ ...resource, mayFail: true })),
    i2c: [
      { type: "sensor", model: "rdk:builtin:bme280", attributes: i2c },
      { type: "power_sensor", model: "rdk:builtin:ina219", attributes: i2c },
    ].map((resource) => ({ ...resource, mayFail: true })),
    serial: [
      {
        type: "movement_sensor",
        model: "rdk:builtin:gps-nmea",
        attributes: { connection_type: "serial", serial_attributes: port },
        mayFail: true,
      },
    ],
  };
}

/** What a supervisor does with a module as it starts, and one call of each resource. */
async function exerciseModule(folder, resources) {
  const load = (file) => import(inRoot("dist/src/proto", file));
  const { openChannel, createServer } = await load("channel.js");
  const { createClient, callRaw } = await load("client.js");
  const { addService } = await load("serve.js");
  const { RobotServiceDefinition } = await load("gen/viam/robot/v1/robot.js");
  const { ModuleServiceDefinition } = await load("gen/viam/module/v1/module.js");
  const { knownServiceOfApi } = await load("known-services.js");
  const { ServerCredentials } = await import("@grpc/grpc-js");

  const parent = createServer();
  addService(parent, RobotServiceDefinition, { log: () => ({}) });
  const parentAddress = path.join(folder, "parent.sock");
  await promisify(parent.bindAsync.bind(parent))(`unix:${parentAddress}`, ServerCredentials.createInsecure());

  const socket = path.join(folder, "module.sock");
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 5));
  const channel = openChannel(socket);
  try {
    // The file is there a moment before its listener is.
    await promisify(channel.waitForReady.bind(channel))(Date.now() + 10_000);
    const module = createClient(ModuleServiceDefinition, channel);
    await module.ready({ parentAddress, rawParentAddress: parentAddress, webrtcOffer: "" });
    for (const { type, model, method, attributes = {}, mayFail = false } of resources) {
      const api = `rdk:component:${type}`;
      const config = { name: type, namespace: "rdk", type, api, model, dependsOn: [], serviceConfigs: [], attributes };
      const { dependencies } = await module.validateConfig({ config });
      const added = module.addResource({ config, dependencies: dependencies.map((name) => `rdk:component:${name}/${name}`) });
      await (mayFail ? added.catch(() => undefined) : added);
      const name = Buffer.from(type);
      const request = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
      if (method !== undefined) await callRaw(channel, `/${knownServiceOfApi(api).service}/${method}`, request);
    }
    await new Promise((resolve) => setTimeout(resolve, 50)); // the module's log lines are on their way
  } finally {
    channel.close();
    parent.forceShutdown();
  }
}
