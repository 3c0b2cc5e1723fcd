/**
 * Every client with modules of every kind: over a unix socket, TCP and TLS, with and without API keys. One machine that asks for no key, whose
 * modules listen on unix sockets, and one that does, whose modules listen on TCP.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { makeSelfSigned } from "../../src/server/tls/self-signed.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";
import { installModule, type ModuleKind } from "./support/languages.js";
import { type Essentials, MATRIX_CLIENTS, type MatrixClient, runEssentials, type Transport } from "./support/matrix-clients.js";
import { type ApiKey, makeKey } from "./support/web-machine.js";

const MODULES: readonly ModuleKind[] = ["python", "go", "typescript", "ccore"];
const TRANSPORTS: readonly Transport[] = ["unix", "tcp", "tls"];
const BIG = 8 * 1024 * 1024;

type Cell = `${MatrixClient} ${Transport} ${"open" | "key"}`;
/**
 * What cannot be, and what the client says to it. All others can; a Python client shows no key on a unix socket, where none is asked for.
 */
const IMPOSSIBLE: Partial<Readonly<Record<Cell, RegExp>>> = {
  // Its channel for keys names the server to TLS also where there is none.
  "python tcp key": /server_hostname is only meaningful with ssl/,
};

interface Machine {
  readonly daemon: Daemon;
  readonly ca: string;
  readonly key?: ApiKey;
}

async function startMachine(t: TestContext, isGuarded: boolean): Promise<Machine> {
  const folder = tempFolder(t);
  const modules = MODULES.map((kind) => installModule(folder, kind, { hasFirstRun: false }).config);
  const certificate = path.join(folder, "cert.pem");
  const network = { tls_cert_file: certificate, tls_key_file: path.join(folder, "key.pem") };
  const { cert, key } = makeSelfSigned(["localhost", "127.0.0.1"]);
  writeFileSync(network.tls_cert_file, cert);
  writeFileSync(network.tls_key_file, key, { mode: 0o600 });
  const config: JsonObject = {
    network,
    modules: modules.map((module) => ({ ...module, tcp_mode: isGuarded })),
    components: MODULES.flatMap((kind) => [
      { name: `${kind}-thermo`, api: "rdk:component:sensor", model: `acme:${kind}:thermo`, attributes: {} },
      { name: `${kind}-dial`, api: "acme:component:gauge", model: `acme:${kind}:dial`, attributes: {} },
    ]),
  };
  const daemon = await startDaemon(t, { config });
  await daemon.untilReady(MODULES.flatMap((kind) => [`${kind}-thermo`, `${kind}-dial`]));
  return { daemon, ca: certificate, ...(isGuarded ? { key: await makeKey(daemon, "operator") } : {}) };
}

const EXPECTED: Essentials = {
  metadata: true,
  error: true,
  stream: [200, 199],
  big: true,
  deadline: "DEADLINE_EXCEEDED",
  cancel: "CANCELLED",
};

for (const isGuarded of [false, true]) {
  test(`every client with modules of every kind, ${isGuarded ? "with API keys, modules on TCP" : "without keys, modules on unix sockets"}`, async (t) => {
    const { daemon, ca, key } = await startMachine(t, isGuarded);
    for (const transport of TRANSPORTS) {
      for (const client of MATRIX_CLIENTS) {
        const impossible = IMPOSSIBLE[`${client} ${transport} ${isGuarded ? "key" : "open"}`];
        const title = `${client} over ${transport === "unix" ? "the control socket" : transport}`;
        await t.test(impossible === undefined ? title : `${title}: which the client itself cannot do`, async () => {
          const address = transport === "unix" ? path.join(daemon.home, "pinion.sock") : daemon.address;
          const order = { transport, address, ca, modules: MODULES, bigBytes: BIG, ...(key === undefined ? {} : { key }) };
          if (impossible !== undefined) {
            await assert.rejects(runEssentials(client, order), impossible);
            return;
          }
          const outcome = await runEssentials(client, order);
          assert.deepEqual(outcome, Object.fromEntries(MODULES.map((kind) => [kind, EXPECTED])));
        });
      }
    }
    assert.equal(await daemon.stop(), 0);
  });
}
