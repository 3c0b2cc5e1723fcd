import assert from "node:assert/strict";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { seconds } from "../../src/base/millis.js";
import { dataFolderOf, ensureDataFolder } from "../../src/module/data-folder.js";
import { toFrame } from "../../src/module/frame-config.js";
import { parseHandlerMap } from "../../src/module/handler-map.js";
import { LastOutput } from "../../src/module/last-output.js";
import { moduleArguments } from "../../src/module/module-arguments.js";
import { moduleEnvironment, workingFolder } from "../../src/module/module-environment.js";
import { moduleLimits } from "../../src/module/module-limits.js";
import { socketAddress } from "../../src/module/module-socket.js";
import { pathInPackage, readPackageMeta } from "../../src/module/package-meta.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LogLine, moduleConfig, recordingLogger } from "./module-harness.js";

const config = moduleConfig("m", "/opt/m/bin/run");

test("orders the arguments: address, level, TCP", () => {
  const unix = { text: "/s/m.sock", isTcp: false };
  const tcp = { text: "127.0.0.1:5", isTcp: true };
  assert.deepEqual(moduleArguments(config, unix), ["/s/m.sock"]);
  assert.deepEqual(moduleArguments({ ...config, logLevel: "debug" }, tcp), ["127.0.0.1:5", "--log-level=debug", "--tcp-mode"]);
});

test("lets the config's env win over everything but the address", () => {
  const base = { PATH: "/bin", VIAM_HOME: "/else", WATCHDOG_USEC: "1", GONE: undefined };
  const env = { VIAM_MODULE_ROOT: "/moved", VIAM_MODULE_DATA: "/data", VIAM_MODULE_ADDRESS: "/wrong", PATH: "/usr/bin" };
  const input = { base, home: "/home", config: { ...config, env }, dataFolder: "/d", moduleRoot: "/opt/m/bin", apiKey: undefined };
  const result = moduleEnvironment({ ...input, address: "/s/m.sock" });
  assert.deepEqual(result, {
    PATH: "/usr/bin",
    VIAM_HOME: "/home",
    VIAM_MODULE_NAME: "m",
    VIAM_MODULE_DATA: "/data",
    VIAM_MODULE_ROOT: "/moved",
    VIAM_MODULE_ADDRESS: "/s/m.sock",
  });
  assert.equal(workingFolder(result, "/opt/m/bin/run"), "/moved");
  assert.equal(workingFolder({}, "/opt/m/bin/run"), "/opt/m/bin");
  assert.equal(moduleEnvironment({ ...input, config })["VIAM_MODULE_ADDRESS"], undefined);
});

test("keeps socket paths within 103 bytes, with fresh names, or says that there is no room", () => {
  const long = "n".repeat(200);
  assert.match(socketAddress("/run/p", "motor-driver")?.text ?? "", /^\/run\/p\/motor-driver-[a-zA-Z]{5}\.sock$/);
  assert.notDeepEqual(socketAddress("/run/p", "m"), socketAddress("/run/p", "m"));
  assert.match(socketAddress("/run/p", long)?.text ?? "", /^\/run\/p\/n{20}-[a-zA-Z]{5}\.sock$/);
  const tight = `/${"ä".repeat(45)}`;
  assert.equal(Buffer.byteLength(tight), 91);
  assert.equal(socketAddress(tight, long), undefined);
  assert.equal(Buffer.byteLength(socketAddress(tight.slice(0, -1), long)?.text ?? ""), 103);
});

test("makes data folders closed to others and keeps them inside", (t) => {
  const home = tempFolder(t);
  const folder = dataFolderOf(home, "local", "m");
  assert.equal(folder, path.join(home, "module-data", "local", "m"));
  ensureDataFolder(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o750);
  chmodSync(folder, 0o777);
  ensureDataFolder(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o777, "what is there stays as it is");
  for (const name of ["..", "../x", "a/b", ""]) assert.throws(() => dataFolderOf(home, "local", name), { code: "MODULE_START_FAILED" });
});

test("reads durations and switches from the environment, and warns of what it cannot read", () => {
  const logs: LogLine[] = [];
  const logger = recordingLogger("modmanager", {}, logs);
  assert.deepEqual(moduleLimits({}, logger), { startup: seconds(300), isTcpForced: false });
  assert.deepEqual(moduleLimits({ VIAM_MODULE_STARTUP_TIMEOUT: "1m30s", VIAM_TCP_SOCKETS: "yes" }, logger), {
    startup: seconds(90),
    isTcpForced: true,
  });
  assert.equal(logs.length, 0);
  assert.equal(moduleLimits({ VIAM_MODULE_STARTUP_TIMEOUT: "soon" }, logger).startup, seconds(300));
  assert.equal(logs[0]?.fields["variable"], "VIAM_MODULE_STARTUP_TIMEOUT");
});

test("reads handler maps, merges doubles and leaves out what is no API", () => {
  const logs: LogLine[] = [];
  const entry = (type: string, models: string[], protoService = "acme.Gizmo") => ({
    subtype: { subtype: { namespace: "acme", type, subtype: "gizmo", name: "", remotePath: [], localName: "" }, protoService },
    models,
  });
  const map = {
    handlers: [entry("component", ["a:b:c"]), entry("gadget", ["a:b:d"]), entry("component", ["a:b:e", "a:b:c"]), entry("service", [], "")],
  };
  assert.deepEqual(parseHandlerMap("m", map, recordingLogger("", {}, logs)), [
    { api: "acme:component:gizmo", service: "acme.Gizmo", models: ["a:b:c", "a:b:e"] },
  ]);
  assert.deepEqual(
    logs.map(({ fields }) => fields["problem"]),
    ['expected the type "component" or "service", got "gadget"', "it comes without the name of a gRPC service"],
  );
  assert.deepEqual(parseHandlerMap("m", undefined, recordingLogger("", {}, logs)), []);
});

test("reads meta.json and keeps its paths inside of the package", async (t) => {
  const folder = tempFolder(t);
  assert.equal(await readPackageMeta(folder), undefined);
  writeFileSync(path.join(folder, "meta.json"), "{ broken");
  assert.equal(await readPackageMeta(folder), undefined);
  mkdirSync(path.join(folder, "x"));
  writeFileSync(path.join(folder, "x", "meta.json"), '{"entrypoint": "run", "first_run": "", "version": 3}');
  assert.deepEqual(await readPackageMeta(path.join(folder, "x")), { folder: path.join(folder, "x"), entrypoint: "run" });
  assert.equal(pathInPackage("/p", "bin/run"), "/p/bin/run");
  assert.equal(pathInPackage("/p", "/bin/run"), "/p/bin/run");
  assert.equal(pathInPackage("/p", "..run"), "/p/..run");
  for (const outside of ["../run", "bin/../../run", ".."]) assert.equal(pathInPackage("/p", outside), undefined);
});

test("turns frames into messages, whatever is missing", () => {
  assert.deepEqual(toFrame({}), { parent: "", translation: { x: 0, y: 0, z: 0 } });
  const quaternion = toFrame({ parent: "arm", orientation: { type: "quaternion", value: { w: 1, x: 0, y: 0, z: 0 } } });
  assert.deepEqual(quaternion.orientation, { type: { $case: "quaternion", value: { w: 1, x: 0, y: 0, z: 0 } } });
  const sphere = toFrame({ geometry: { r: 5, orientation: { type: "ov_radians", value: { th: Math.PI, z: 1 } } } }).geometry;
  assert.deepEqual(sphere?.geometryType, { $case: "sphere", value: { radiusMm: 5 } });
  assert.equal(sphere?.center?.theta, 180);
});

test("keeps the last twenty lines, shortened", () => {
  const output = new LastOutput();
  for (let line = 0; line < 30; line += 1) output.add(`line ${line}`);
  output.add("x".repeat(10_000));
  const lines = output.lines();
  assert.equal(lines.length, 20);
  assert.equal(lines[0], "line 11");
  assert.equal(lines.at(-1), `${"x".repeat(500)} …`);
});
