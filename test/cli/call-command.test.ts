import assert from "node:assert/strict";
import { test } from "node:test";
import { startFakeDaemon } from "../support/fake-daemon.js";
import { runCli } from "../support/run-cli.js";

test("calls a method by its gRPC name, fills in the resource's name, prints canonical JSON", async (t) => {
  const { home, calls } = await startFakeDaemon(t);
  const { exitCode, out, err } = await runCli(["call", "thermo", "getreadings", "--home", home]);
  assert.equal(err, "");
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(out), { readings: { celsius: 21.5, ok: true, raw: null, list: [1, "x"] } });
  assert.equal(out.split("\n").length, 2);
  assert.deepEqual(calls, ['GetReadings {"name":"thermo"}']);
});

test("on a terminal the answer is indented", async (t) => {
  const { home } = await startFakeDaemon(t);
  const { out } = await runCli(["call", "rdk:component:sensor/thermo", "GetReadings", "--home", home], { isTty: true });
  assert.match(out, /^{\n {2}"readings": {\n/);
});

test("the request is canonical JSON, a Struct in it plain JSON, also from standard input", async (t) => {
  const { home, calls } = await startFakeDaemon(t);
  const request = '{"extra": {"deep": [1, {"a": null}]}}';
  for (const [argument, input] of [
    [request, ""],
    ["-", request],
  ] as const) {
    assert.equal((await runCli(["call", "thermo", "GetReadings", argument, "--home", home], { input })).exitCode, 0);
  }
  assert.equal(calls[0], 'GetReadings {"name":"thermo","extra":{"deep":[1,{"a":null}]}}');
  assert.equal(calls[1], calls[0]);
});

test("a stream of answers comes one on a line, zero values included", async (t) => {
  const { home, calls } = await startFakeDaemon(t);
  const { out, exitCode } = await runCli(["call", "board", "StreamTicks", '{"pin_names": ["7"]}', "--home", home], { isTty: true });
  assert.equal(exitCode, 0);
  assert.deepEqual(out.trimEnd().split("\n"), [
    '{"pinName":"7","time":"0","high":false}',
    '{"pinName":"7","time":"1","high":true}',
    '{"pinName":"7","time":"2","high":false}',
  ]);
  assert.deepEqual(calls, ['StreamTicks {"name":"board","pinNames":["7"]}']);
});

test("a custom API is called through reflection, with all kinds of streams and whatever its name field is called", async (t) => {
  const { home, calls } = await startFakeDaemon(t);
  const call = async (...argv: readonly string[]): Promise<string> => {
    const { out, err } = await runCli(["call", "custom", ...argv, "--home", home]);
    assert.equal(err, "");
    return out;
  };
  assert.equal(await call("Echo", '{"count": 5}'), '{"controllerName":"custom","count":5}\n');
  assert.equal(await call("Echo", '{"controller_name": "own"}'), '{"controllerName":"own","count":0}\n');
  assert.equal(await call("Sum", '[{"count": 2}, {"count": 40}]'), '{"controllerName":"sum","count":42}\n');
  assert.deepEqual(calls, ['Sum {"name":"custom","count":2}', 'Sum {"name":"custom","count":40}']);
  assert.equal(await call("Sum", "[]"), '{"controllerName":"sum","count":0}\n');
  assert.equal(
    await call("Chat", '[{"count": 1}, {"count": 2}]'),
    '{"controllerName":"custom!","count":1}\n{"controllerName":"custom!","count":2}\n',
  );
});

test("a failed call exits 1 with status and text", async (t) => {
  const { home } = await startFakeDaemon(t);
  const { exitCode, err } = await runCli(["call", "rdk:component:sensor/twin", "GetReadings", "--home", home]);
  assert.equal(exitCode, 1);
  assert.equal(err, "pinion: GetReadings: UNAVAILABLE: module gpio is not running\n");
});

test("names that do not exist or are not unique are told with what there is", async (t) => {
  const { home } = await startFakeDaemon(t);
  const table: readonly (readonly [readonly string[], RegExp, number])[] = [
    [["thermoo", "GetReadings"], /there is no resource "thermoo"; did you mean "thermo"\?/, 1],
    [["zzzzzz", "GetReadings"], /there are thermo, board, twin, twin, custom/, 1],
    [["twin", "GetReadings"], /"twin" stands for 2 resources; say one of rdk:component:sensor\/twin, rdk:component:motor\/twin/, 1],
    [["thermo", "GetReading"], /no method "GetReading"; did you mean "GetReadings"\?/, 1],
    [["thermo", "Fly"], /no method "Fly"; it has GetReadings, /, 1],
    [["thermo", "GetReadings", '{"x": 1}'], /does not fit GetReadings \(its fields are name, extra\): .*"x"/, 2],
    [["thermo", "GetReadings", "[{}, {}]"], /GetReadings takes one request/, 2],
  ];
  for (const [argv, expected, code] of table) {
    const { exitCode, err } = await runCli(["call", ...argv, "--home", home]);
    assert.match(err, expected);
    assert.equal(exitCode, code);
  }
});

test("a resource that is configured but not ready is explained", async (t) => {
  const { emptyStatus } = await import("../support/fake-daemon.js");
  const { ResourceReport } = await import("../../src/proto/gen/pinion/control/v1/control.js");
  const resource = {
    ...ResourceReport.decode(new Uint8Array()),
    name: "rdk:component:motor/left",
    state: "unhealthy",
    error: "pin 7 is taken",
  };
  const { home } = await startFakeDaemon(t, { control: { getStatus: async () => ({ ...emptyStatus(), resources: [resource] }) } });
  const { err } = await runCli(["call", "left", "Stop", "--home", home]);
  assert.equal(err, "pinion: left is unhealthy: pin 7 is taken; `pinion status --why left` tells more\n");
});
