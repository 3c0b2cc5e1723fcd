/** Official clients with API keys, and the TypeScript client over gRPC-web under Node. */
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { eventually } from "../support/eventually.js";
import { startDaemon } from "../support/start-daemon.js";
import { interopSource } from "./support/cache.js";
import { runClient } from "./support/client-programs.js";
import { runProgram } from "./support/run-program.js";
import { nodeClientProgram, pythonProgram } from "./support/toolchains.js";
import { type ApiKey, DRIVEN, makeKey, startWebMachine, type Target, target } from "./support/web-machine.js";

type Transport = "web" | "connect-json" | "connect-proto";

async function driveInNode(
  transport: Transport,
  targets: Readonly<Record<string, Target>>,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const program = path.join(path.dirname(nodeClientProgram()), "web.mjs");
  const output = await runProgram(process.execPath, [program, transport, JSON.stringify(targets)], { env });
  // The client itself prints why it could not connect.
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

async function curl(...args: readonly string[]): Promise<string> {
  return runProgram("curl", ["--silent", "--show-error", "--max-time", "10", ...args]);
}

test("typescript: a sensor is read and a motor driven over gRPC-web with fetch", async (t) => {
  const daemon = await startWebMachine(t);
  assert.deepEqual(await driveInNode("web", { open: target(daemon, "http") }), { open: DRIVEN });
  assert.equal(await daemon.stop(), 0);
});

for (const transport of ["connect-json", "connect-proto"] satisfies Transport[]) {
  test(`typescript: a sensor is read and a motor driven over ${transport}`, async (t) => {
    const daemon = await startWebMachine(t);
    assert.deepEqual(await driveInNode(transport, { open: target(daemon, "http") }), { open: DRIVEN });
    assert.equal(await daemon.stop(), 0);
  });
}

test("typescript: a key of the config file is good over HTTP/2 without TLS on this host", async (t) => {
  // Those that the client's program brings.
  const id = "c6b4b0a0-0000-4000-8000-000000000000";
  const auth = { handlers: [{ type: "api-key", config: { keys: [id], [id]: "any" } }] };
  const daemon = await startDaemon(t, { config: { auth }, isAwaited: false });
  await eventually("a running machine", async () => (await daemon.report()).state === "running");
  assert.deepEqual(await runClient("typescript", "credentials", daemon.address), []);
  await assert.rejects(runClient("typescript", "tour", daemon.address), /authentication required|Failed to connect/);
  assert.equal(await daemon.stop(), 0);
});

test("with keys, clients come in by key alone", async (t) => {
  const daemon = await startWebMachine(t);
  const operator = await makeKey(daemon, "operator");
  const viewer = await makeKey(daemon, "viewer");
  const wrong: ApiKey = { id: operator.id, secret: "wrong" };
  const ca = path.join(daemon.home, "tls", "cert.pem");

  await t.test("typescript: over gRPC-web, plain on this host and with TLS", async () => {
    const targets = {
      plain: target(daemon, "http", operator),
      tls: target(daemon, "https", operator),
      viewer: target(daemon, "http", viewer),
      wrong: target(daemon, "http", wrong),
      none: target(daemon, "http"),
    };
    const outcomes = (await driveInNode("web", targets, { NODE_EXTRA_CA_CERTS: ca })) as Record<string, { error?: string }>;
    assert.deepEqual([outcomes["plain"], outcomes["tls"]], [DRIVEN, DRIVEN]);
    assert.match(outcomes["viewer"]?.error ?? "", /has the role viewer, which may not call .*SetPower/);
    for (const name of ["wrong", "none"]) assert.match(outcomes[name]?.error ?? "", /Failed to connect/);
  });

  await t.test("python: with_api_key over TLS", async () => {
    const run = async (key: ApiKey): Promise<unknown> => {
      const args = ["-B", interopSource("python", "with_key.py"), daemon.address, key.id, key.secret];
      return JSON.parse(await runProgram(pythonProgram(), args));
    };
    assert.deepEqual(await run(operator), { names: ["thermo", "wheel"], hasReadings: true, stopAll: "done" });
    assert.deepEqual(await run(viewer), { names: ["thermo", "wheel"], hasReadings: true, stopAll: "PERMISSION_DENIED" });
    assert.deepEqual(await run(wrong), { error: "UNAUTHENTICATED" });
  });

  await t.test("curl: HTTP/2 and HTTP/1.1 over TLS, with the certificate trusted", async () => {
    const url = `https://localhost:${daemon.port}/`;
    const version = ["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"];
    assert.equal(await curl("--cacert", ca, ...version, url), "2 200");
    assert.equal(await curl("--cacert", ca, "--http1.1", ...version, url), "1.1 200");
    await assert.rejects(curl(url), /certificate/);
  });

  assert.equal(await daemon.stop(), 0);
});
