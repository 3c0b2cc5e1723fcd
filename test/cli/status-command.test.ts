import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type GetStatusResponse, ModuleReport, ResourceReport } from "../../src/proto/gen/pinion/control/v1/control.js";
import { emptyStatus, startFakeDaemon } from "../support/fake-daemon.js";
import { runCli } from "../support/run-cli.js";

function module(fields: Partial<ModuleReport>): ModuleReport {
  return { ...ModuleReport.decode(new Uint8Array()), state: "ready", ...fields };
}

function resource(name: string, fields: Partial<ResourceReport> = {}): ResourceReport {
  return { ...ResourceReport.decode(new Uint8Array()), name, api: name.split("/")[0] ?? "", state: "ready", ...fields };
}

const since = new Date("2030-01-02T03:02:00Z") as NonNullable<ModuleReport["since"]>;

const STATUS: GetStatusResponse = {
  ...emptyStatus(),
  state: "running",
  version: "1.2.3",
  pid: 42,
  startedAt: since,
  config: {
    path: "/etc/machine.json",
    revision: "r",
    generation: 3n,
    source: "file",
    problems: [{ jsonPath: "components[1]", message: "expected a model", severity: "error", line: 7, column: 5 }],
    reason: "",
    confirmRemainingMs: 0n,
  },
  modules: [
    module({ name: "simulated", pid: 100, since, builtin: true, models: [{ api: "a", model: "m" }] }),
    module({
      name: "gpio",
      state: "backoff",
      restarts: 4,
      consecutiveFailures: 5,
      since,
      lastError: "exited with code 1",
      lastOutput: ["starting", "no such chip"],
      executable: "/opt/gpio/run.sh",
    }),
  ],
  resources: [
    resource("rdk:component:sensor/thermo", { module: "simulated", model: "pinion:simulated:sensor", since }),
    resource("rdk:component:base/base", { state: "unhealthy", waitsFor: ["left", "rdk:component:motor/right"] }),
    resource("rdk:component:motor/left", { state: "unhealthy", waitsFor: ["module gpio"], error: "waits for module gpio" }),
    resource("rdk:component:motor/right", {
      state: "unhealthy",
      error: "pin 7 is taken",
      module: "simulated",
      notice: "runs with its last good config",
    }),
  ],
};

const control = { getStatus: async () => STATUS };

test("status shows daemon, config, modules and resources aligned, with what is wrong below each", async (t) => {
  const { home } = await startFakeDaemon(t, { control });
  const { exitCode, out } = await runCli(["status", "--home", home]);
  assert.equal(exitCode, 0);
  assert.equal(
    out,
    `pinion 1.2.3  running  pid 42  up 2m5s
config /etc/machine.json  generation 3  1 error
  7:5: error: components[1]: expected a model

MODULE     STATE    PID  SINCE  RESTARTS  MODELS
simulated  ready    100  2m5s   0         1  built in
gpio       backoff  -    2m5s   4         0
  exited with code 1

RESOURCE  API     STATE      SINCE  MODULE     MODEL
thermo    sensor  ready      2m5s   simulated  pinion:simulated:sensor
base      base    unhealthy         -
  waits for left, rdk:component:motor/right
left      motor   unhealthy         -
  waits for module gpio
right     motor   unhealthy         simulated
  pin 7 is taken
  runs with its last good config

3 of 4 resources are not ready; \`pinion status --why\` tells the reason
`,
  );
});

test("colours come on a terminal, unless NO_COLOR is set", async (t) => {
  const { home } = await startFakeDaemon(t, { control });
  const argv = ["status", "--home", home];
  const plain = (await runCli(argv)).out;
  const colored = (await runCli(argv, { isTty: true })).out;
  assert.ok(colored.includes("\u001b[32mready\u001b[0m"));
  assert.equal(stripVTControlCharacters(colored), plain);
  assert.equal((await runCli(argv, { isTty: true, env: { NO_COLOR: "1" } })).out, plain);
});

test("status --why follows the causes of everything down to what to do", async (t) => {
  const { home } = await startFakeDaemon(t, { control });
  const { out } = await runCli(["status", "--why", "base", "--home", home]);
  assert.equal(
    out,
    `base (rdk:component:base) is unhealthy: waits for left, rdk:component:motor/right
  left (rdk:component:motor) is unhealthy: waits for module gpio
    module gpio is backoff since 2m5s after 5 failures: exited with code 1
      | starting
      | no such chip
      what to do: see \`pinion logs --module gpio\` and correct the cause (/opt/gpio/run.sh); it is started again by itself, at once with \`pinion restart gpio\`
  right (rdk:component:motor) is unhealthy: pin 7 is taken
    what to do: correct its attributes in the config or what it needs; \`pinion logs --resource right\` and \`pinion logs --module simulated\` tell more. It is tried again every few seconds
`,
  );
  const all = (await runCli(["status", "--why", "--home", home])).out;
  assert.ok(all.startsWith(out.trimEnd()));
  assert.ok(!all.includes("thermo"));
  assert.match((await runCli(["status", "--why", "thermo", "--home", home])).out, /^thermo .* is ready since 2m5s\n$/);
  assert.match((await runCli(["status", "--why", "gpio", "--home", home])).out, /^module gpio is backoff/);
});

test("status --why names a cycle once, a missing dependency and a missing module", async (t) => {
  const resources = [
    resource("rdk:component:generic/a", { state: "unhealthy", waitsFor: ["b"] }),
    resource("rdk:component:generic/b", { state: "unhealthy", waitsFor: ["a"] }),
    resource("rdk:component:generic/c", { state: "unhealthy", waitsFor: ["nowhere"] }),
    resource("rdk:component:generic/d", { state: "unhealthy", waitsFor: ["module gone"] }),
  ];
  const { home } = await startFakeDaemon(t, { control: { getStatus: async () => ({ ...emptyStatus(), resources }) } });
  const why = async (name: string): Promise<string> => (await runCli(["status", "--why", name, "--home", home])).out;
  assert.match(
    await why("a"),
    /^a .*\n {2}b .*\n {4}a .*; see above: these wait for each other\n {4}what to do: take one of these out of .*\n$/,
  );
  assert.match(await why("c"), /nowhere is not configured\n.*what to do: add a resource "nowhere"/);
  assert.match(await why("d"), /module gone is not there\n.*what to do: add it to "modules"/);
  const unknown = await runCli(["status", "--why", "e", "--home", home]);
  assert.equal(unknown.exitCode, 1);
});

test("a machine where all is well says so", async (t) => {
  const { home } = await startFakeDaemon(t);
  assert.equal((await runCli(["status", "--why", "--home", home])).out, "everything is ready\n");
  assert.match((await runCli(["status", "--home", home])).out, /no modules\n\nno resources\n$/);
});

test("status --json has everything, with times as text and counters as numbers", async (t) => {
  const { home } = await startFakeDaemon(t, { control });
  const status = JSON.parse((await runCli(["status", "--json", "--home", home])).out) as GetStatusResponse & { startedAt: string };
  assert.equal(status.startedAt, "2030-01-02T03:02:00.000Z");
  assert.equal(status.config?.generation, 3);
  assert.equal(status.modules[1]?.lastOutput.length, 2);
  assert.deepEqual(status.resources[1]?.waitsFor, ["left", "rdk:component:motor/right"]);
});
