import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord } from "../../src/base/log-record.js";
import { minutes, seconds } from "../../src/base/millis.js";
import type { LogOutput } from "../../src/daemon/log-output.js";
import { createLogging, type Logging, type LoggingOptions } from "../../src/daemon/logging.js";
import type { ResourceName } from "../../src/resource/resource-name.js";
import { type ManualClock, manualClock } from "../support/manual-clock.js";

interface Rig {
  readonly logging: Logging;
  readonly clock: ManualClock;
  text(): string;
  lines(): string[];
}

function rig(options: Partial<LoggingOptions> = {}): Rig {
  const clock = manualClock(new Date(2030, 0, 2, 3, 4, 5, 678));
  let text = "";
  const write = (piece: string): void => {
    text += piece;
  };
  const out: LogOutput = { write, flush: () => undefined, takeLost: () => 0, close: () => undefined };
  const logging = createLogging({ format: "pretty", color: false, out, clock, ...options });
  return { logging, clock, text: () => text, lines: () => text.split("\n").slice(0, -1) };
}

const sensor = "rdk:component:sensor/thermo" as ResourceName;

test("a pretty line has time, level, name without its root, message and fields", () => {
  const { logging, text } = rig();
  logging.logger
    .child("modmanager.simulated")
    .info({ pid: 7, path: "a b", list: [1, "x"], gone: undefined, error: new Error("no luck") }, "module ready");
  assert.equal(text(), '03:04:05.678 INFO  modmanager.simulated  module ready  pid=7 path="a b" list=[1,"x"] error="no luck"\n');
});

test("colours come only when they are asked for, and never from a message", () => {
  const { logging, text } = rig({ color: true });
  logging.logger.warn({}, "\u001b[31mred\u001b[0m\u0007 and\ttab\nnext");
  assert.ok(text().includes("\u001b[33mWARN \u001b[0m"));
  assert.ok(text().endsWith("  red\\x07 and\ttab\n    next\n"));
});

test("JSON lines carry module and resource, keep their own keys and can hold anything", () => {
  const { logging, lines } = rig({ format: "json" });
  const circular: Record<string, unknown> = { big: 5n, when: new Date(0), bytes: new Uint8Array(3), nan: Number.NaN };
  circular["self"] = circular;
  logging.logger.child("x", { module: "m" }).error({ resource: sensor, level: "mine", circular }, "broken");
  const [line = ""] = lines();
  const parsed = JSON.parse(line) as Record<string, unknown>;
  assert.equal(parsed["level"], "error");
  assert.equal(parsed["logger"], "rdk.x");
  assert.equal(parsed["module"], "m");
  assert.equal(parsed["resource"], sensor);
  assert.equal(parsed["level_"], "mine");
  assert.equal(parsed["msg"], "broken");
  assert.equal(parsed["time"], new Date(2030, 0, 2, 3, 4, 5, 678).toISOString());
  assert.equal((parsed["circular"] as Record<string, unknown>)["bytes"], "3 bytes");
});

test("JSON lines wait a moment for their library and come in order, at once when asked", () => {
  const { logging, lines, clock } = rig({ format: "json" });
  logging.logger.info({}, "one");
  logging.logger.info({}, "two");
  assert.deepEqual(lines(), []);
  clock.advance(seconds(1));
  assert.equal(lines().length, 2);
  const other = rig({ format: "json" });
  other.logging.logger.info({}, "one");
  other.logging.flush();
  assert.equal(other.lines().length, 1);
});

test("below its level a logger is silent; patterns match whole names and the last match wins", () => {
  const { logging, lines } = rig();
  logging.setLevels({
    level: "warn",
    patterns: [
      { pattern: "rdk.modmanager.*", level: "debug" },
      { pattern: "rdk.modmanager.quiet", level: "error" },
      { pattern: "modmanager.*", level: "debug" },
    ],
    resourceLevels: new Map([[sensor, "debug"]]),
  });
  const say = (name: string): void => {
    const logger = logging.logger.child(name);
    logger.debug({}, `debug ${name}`);
    logger.warn({}, `warn ${name}`);
  };
  for (const name of ["other", "modmanager.m", "modmanager.quiet", `resource_manager.${sensor}`, `resource_manager.${sensor}2`]) say(name);
  assert.deepEqual(
    lines().map((line) => line.split("  ").at(-1)),
    [
      "warn other",
      "debug modmanager.m",
      "warn modmanager.m",
      `debug resource_manager.${sensor}`,
      `warn resource_manager.${sensor}`,
      `warn resource_manager.${sensor}2`,
    ],
  );
});

test("loggers made before follow a change of levels, and go back when the pattern goes", () => {
  const { logging, lines } = rig();
  const logger = logging.logger.child("networking");
  logger.debug({}, "one");
  logging.setLevels({ patterns: [{ pattern: "*.networking", level: "debug" }] });
  logger.debug({}, "two");
  logging.setLevels({});
  logger.debug({}, "three");
  assert.equal(lines().length, 1);
});

test("debug, by the config or the command line, is stronger than every pattern", () => {
  const patterns = [{ pattern: "*", level: "error" as const }];
  for (const { logging, lines } of [rig({ isDebug: true }), rig()]) {
    logging.setLevels({ patterns, isDebug: true });
    logging.logger.debug({}, "seen");
    assert.equal(lines().length, 1);
  }
  const { logging, lines } = rig({ isDebug: true });
  logging.setLevels({ patterns });
  logging.logger.debug({}, "seen");
  assert.equal(lines().length, 1);
});

test("a bad pattern is left out with a warning", () => {
  const { logging, text } = rig();
  logging.setLevels({ patterns: [{ pattern: "rdk.(x", level: "debug" }] });
  assert.match(text(), /WARN .*config.*left out {2}pattern=rdk\.\(x/);
});

test("of a line that repeats three are shown, then a notice, and after a minute how many more", () => {
  const { logging, lines, clock } = rig();
  logging.setLevels({});
  const logger = logging.logger.child("x");
  for (let round = 0; round < 10; round += 1) logger.info({ reason: "same", elapsed: round }, "again");
  logger.info({ reason: "other" }, "again");
  assert.equal(lines().length, 5);
  assert.match(lines()[3] ?? "", /this line repeats/);
  assert.match(lines()[4] ?? "", /again {2}reason=other/);
  clock.advance(minutes(1));
  assert.equal(lines().length, 6);
  assert.match(lines()[5] ?? "", /repeated {2}line=again times=6/);
  assert.equal(clock.pending, 0);
  logger.info({ reason: "same" }, "again");
  assert.equal(lines().length, 7);
});

test("the same words about another resource or module are another line", () => {
  const { logging, lines } = rig();
  logging.setLevels({});
  const manager = logging.logger.child("resource_manager");
  for (let index = 0; index < 20; index += 1) manager.info({ resource: `rdk:component:sensor/s${index}`, module: "m" }, "resource ready");
  for (let index = 0; index < 20; index += 1) logging.logger.child("x").info({ module: `m${index}` }, "module ready");
  assert.equal(lines().length, 40);
});

test("what is said of a resource has the resource's own level", () => {
  const { logging, lines } = rig();
  logging.setLevels({ level: "info", resourceLevels: new Map([[sensor, "error"]]) });
  const manager = logging.logger.child("resource_manager");
  manager.info({ resource: sensor }, "resource ready");
  manager.info({ resource: "rdk:component:motor/left" }, "resource ready");
  manager.error({ resource: sensor }, "resource failed");
  assert.equal(lines().length, 2);
  assert.match(lines()[0] ?? "", /motor\/left/);
  assert.match(lines()[1] ?? "", /resource failed/);
});

test("repetition is shown where it counts: on a module's stderr, at debug, for jobs, before a config came, and when switched off", () => {
  const { logging, lines } = rig();
  const repeat = (name: string, level: "debug" | "info" = "info"): number => {
    const before = lines().length;
    for (let round = 0; round < 6; round += 1) logging.logger.child(name)[level]({}, "again");
    return lines().length - before;
  };
  assert.equal(repeat("early"), 6);
  logging.setLevels({ patterns: [{ pattern: "rdk.chatty", level: "debug" }] });
  assert.equal(repeat("x"), 4);
  assert.equal(repeat("modmanager.m.StdErr"), 6);
  assert.equal(repeat("modmanager.m.StdOut"), 4);
  assert.equal(repeat("job_manager.j"), 6);
  assert.equal(repeat("chatty"), 6);
  logging.setLevels({ isDeduplicated: false });
  assert.equal(repeat("x"), 6);
});

test("lines of modules are not filtered again, and say when they are late", () => {
  const { logging, lines, clock } = rig();
  logging.setLevels({ level: "error" });
  const entry = { level: "debug" as const, logger: "rdk.modmanager.m.acme", message: "hello", module: "m", resource: sensor };
  logging.record({ ...entry, fields: { a: 1 } });
  logging.record({ ...entry, time: new Date(clock.wall().getTime() - 5000) });
  assert.equal(lines().length, 2);
  assert.match(lines()[0] ?? "", /DEBUG modmanager\.m\.acme {2}hello {2}resource=rdk:component:sensor\/thermo a=1$/);
  assert.match(lines()[1] ?? "", /log_ts=/);
});

test("the first listener gets the lines before it too, and none after it left", () => {
  const { logging } = rig();
  logging.logger.info({}, "before");
  const seen: LogRecord[] = [];
  const stop = logging.tap((record) => seen.push(record));
  logging.logger.child("x", { module: "m" }).warn({ n: 1 }, "now");
  stop();
  logging.logger.info({}, "after");
  const second: LogRecord[] = [];
  logging.tap((record) => second.push(record));
  assert.deepEqual(
    seen.map(({ logger, module, message, fields }) => ({ logger, module, message, fields })),
    [
      { logger: "rdk", module: undefined, message: "before", fields: {} },
      { logger: "rdk.x", module: "m", message: "now", fields: { n: 1 } },
    ],
  );
  assert.deepEqual(second, []);
});

test("closing says what was held back", () => {
  const { logging, text } = rig();
  logging.setLevels({});
  for (let round = 0; round < 9; round += 1) logging.logger.info({}, "again");
  logging.close();
  assert.match(text(), /times=5\n$/);
});
