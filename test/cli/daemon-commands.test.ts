import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord, StreamLogsRequest } from "../../src/proto/gen/pinion/control/v1/control.js";
import { eventually } from "../support/eventually.js";
import { emptyLogRecord, startFakeDaemon } from "../support/fake-daemon.js";
import { runCli, startCli } from "../support/run-cli.js";

const RECORD: LogRecord = {
  ...emptyLogRecord(),
  seq: 7n,
  time: emptyTime(),
  level: "warn",
  logger: "rdk.modmanager.gpio",
  message: "module restarted",
  fieldsJson: '{"cause":"exit 1"}',
  module: "gpio",
};

/** 2030-01-02T03:04:05.678Z as the generated code wants it. */
function emptyTime(): NonNullable<LogRecord["time"]> {
  return new Date("2030-01-02T03:04:05.678Z") as NonNullable<LogRecord["time"]>;
}

test("logs asks for what the options say and prints a line for each record", async (t) => {
  const requests: StreamLogsRequest[] = [];
  const { home } = await startFakeDaemon(t, {
    control: {
      streamLogs: async function* (request) {
        requests.push(request);
        yield RECORD;
      },
    },
  });
  const plain = await runCli(["logs", "--home", home]);
  assert.equal(plain.exitCode, 0);
  assert.match(plain.out, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.678 WARN {2}modmanager\.gpio {2}module restarted {2}cause="exit 1"\n$/);
  const json = await runCli(["logs", "--json", "-m", "gpio", "-r", "thermo", "-l", "warning", "--since", "10m", "-n", "5", "--home", home]);
  assert.deepEqual(JSON.parse(json.out), {
    seq: 7,
    time: "2030-01-02T03:04:05.678Z",
    level: "warn",
    logger: "rdk.modmanager.gpio",
    module: "gpio",
    message: "module restarted",
    fields: { cause: "exit 1" },
  });
  assert.deepEqual(requests, [
    { follow: false, module: "", resource: "", minLevel: "", sinceUnixMs: 0n, limit: 0 },
    {
      follow: false,
      module: "gpio",
      resource: "thermo",
      minLevel: "warn",
      sinceUnixMs: BigInt(Date.parse("2030-01-02T02:54:05Z")),
      limit: 5,
    },
  ]);
});

test("logs -f goes on until Ctrl-C, which is no failure", async (t) => {
  const { home } = await startFakeDaemon(t, {
    control: {
      streamLogs: async function* (_request, { signal }) {
        yield RECORD;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
    },
  });
  const run = startCli(["logs", "-f", "--home", home]);
  await eventually("the first line", () => run.out().includes("module restarted"));
  run.interrupt();
  assert.equal((await run.result).exitCode, 0);
});

test("restart names the module to the daemon and passes its refusal on", async (t) => {
  const { home, calls } = await startFakeDaemon(t);
  const good = await runCli(["restart", "gpio", "--home", home]);
  assert.deepEqual([good.exitCode, good.out], [0, "restarting gpio\n"]);
  const bad = await runCli(["restart", "nope", "--home", home]);
  assert.deepEqual([bad.exitCode, bad.err], [1, 'pinion: no module "nope"\n']);
  assert.deepEqual(calls, ['RestartModule {"$case":"moduleName","value":"gpio"}', 'RestartModule {"$case":"moduleName","value":"nope"}']);
});

test("reload prints problems with their place and exits 1 when there is an error", async (t) => {
  const warning = { jsonPath: "modules[0].x", message: "unknown key", severity: "warning", line: 0, column: 0 };
  const error = { jsonPath: "components[2]", message: "expected a name", severity: "error", line: 3, column: 12 };
  const answers = [
    { problems: [], changed: true },
    { problems: [warning], changed: false },
    { problems: [warning, error], changed: true },
  ];
  const { home } = await startFakeDaemon(t, { control: { reload: async () => answers.shift() ?? { problems: [], changed: false } } });
  const results = [];
  for (let round = 0; round < 3; round += 1) results.push(await runCli(["reload", "--home", home]));
  assert.deepEqual(
    results.map(({ exitCode, out }) => [exitCode, out]),
    [
      [0, "config changed\n"],
      [0, "warning: modules[0].x: unknown key\nconfig unchanged; 1 warning\n"],
      [1, "warning: modules[0].x: unknown key\n3:12: error: components[2]: expected a name\nconfig changed; 1 error, 1 warning\n"],
    ],
  );
});
