import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { type Clock, systemClock } from "../../src/base/clock.js";
import { millis } from "../../src/base/millis.js";
import { waitShortly } from "../../src/hardware/sys-files.js";
import { ManagedProcess, type ProcessSpec } from "../../src/process/managed-process.js";
import { describeEnd, isOrderlyEnd, type ProcessEnd } from "../../src/process/process-end.js";
import { isGroupAlive } from "../../src/process/process-group.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

interface Watched {
  readonly process: ManagedProcess;
  readonly lines: string[];
  readonly end: Promise<ProcessEnd>;
}

function run(t: TestContext, spec: Partial<ProcessSpec> & { readonly script?: string; readonly clock?: Clock }): Watched {
  const { script, clock = systemClock, ...rest } = spec;
  const lines: string[] = [];
  let onEnd: (end: ProcessEnd) => void = () => undefined;
  const end = new Promise<ProcessEnd>((resolve) => {
    onEnd = resolve;
  });
  const shell = { command: "/bin/sh", args: ["-c", script ?? "true"], env: { PATH: process.env["PATH"] ?? "" }, cwd: "/" };
  const child = new ManagedProcess({ ...shell, ...rest }, clock, {
    onLine: (stream, line) => lines.push(`${stream}: ${line}`),
    onEnd: (ended) => onEnd(ended),
  });
  t.after(() => child.kill());
  child.start();
  return { process: child, lines, end };
}

const hasLine = (watched: Watched, text: string): Promise<string> =>
  eventually(`the line ${text}`, () => watched.lines.find((line) => line.includes(text)));

function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/status`;
  // Nobody collects a dead orphan in a container without an init.
  return existsSync(file) && !/^State:\s+Z/m.test(readFileSync(file, "utf8"));
}

test("reports lines of both streams and the exit code", async (t) => {
  const watched = run(t, { script: "echo out; echo err >&2; printf unfinished; exit 4" });
  assert.deepEqual(await watched.end, { kind: "exited", pid: ((await watched.end) as { pid: number }).pid, code: 4, isRequested: false });
  await eventually("three lines", () => watched.lines.length === 3);
  assert.deepEqual(watched.lines.toSorted(), ["stderr: err", "stdout: out", "stdout: unfinished"]);
});

test("reports the signal that ended it", async (t) => {
  const end = await run(t, { script: "kill -SEGV $$" }).end;
  assert.equal(describeEnd(end), "was ended by SIGSEGV");
  assert.equal(isOrderlyEnd(end), false);
});

test("stops with SIGTERM; 143 and 0 are orderly ends", async (t) => {
  for (const script of [
    "echo up; sleep 100",
    "trap 'exit 143' TERM; echo up; sleep 100 & wait",
    "trap 'exit 0' TERM; echo up; sleep 100 & wait",
  ]) {
    const watched = run(t, { script });
    await hasLine(watched, "up");
    watched.process.stop();
    assert.equal(isOrderlyEnd(await watched.end), true, script);
  }
});

test("tells the whole group at once, so that a wrapper script leaves nothing behind", async (t) => {
  const watched = run(t, { script: "sh -c 'trap \"echo bye; exit 0\" TERM; echo child $$; while true; do sleep 0.01; done'; true" });
  const child = Number(/child (\d+)/.exec(await hasLine(watched, "child"))?.[1]);
  watched.process.stop();
  await watched.end;
  await hasLine(watched, "bye");
  await eventually("the child is gone", () => !isRunning(child));
});

test("kills what is left of the group when the leader ends by itself", async (t) => {
  const watched = run(t, { script: "trap '' TERM; sleep 600 & echo child $!; exit 1" });
  const child = Number(/child (\d+)/.exec(await hasLine(watched, "child"))?.[1]);
  await watched.end;
  await eventually("the child is gone", () => !isRunning(child));
});

test("kills what ignores SIGTERM when its time is up", async (t) => {
  const hurried: Clock = { ...systemClock, after: (delay, action, options) => systemClock.after(millis(delay / 50), action, options) };
  for (const script of [
    "trap '' TERM; echo up; while true; do sleep 0.05; done",
    "(trap '' TERM; echo up; while true; do sleep 0.05; done) & wait",
  ]) {
    const watched = run(t, { script, clock: hurried });
    await hasLine(watched, "up");
    const { pid = 0 } = watched.process;
    watched.process.stop();
    await watched.end;
    await eventually("the group is gone", () => !isGroupAlive(pid));
  }
});

test("kills at once what is to be killed", async (t) => {
  const watched = run(t, { script: "trap '' TERM; echo up; while true; do sleep 0.05; done" });
  await hasLine(watched, "up");
  watched.process.stop();
  watched.process.kill();
  const end = await watched.end;
  assert.equal(end.kind === "signalled" && end.signal, "SIGKILL");
  assert.equal(isOrderlyEnd(end), false);
});

test("names what keeps it from starting", async (t) => {
  const folder = tempFolder(t);
  const file = (name: string, text: string, mode: number): string => {
    writeFileSync(path.join(folder, name), text);
    chmodSync(path.join(folder, name), mode);
    return path.join(folder, name);
  };
  mkdirSync(path.join(folder, "dir"));
  const reason = async (spec: Partial<ProcessSpec>): Promise<string> => describeEnd(await run(t, spec).end).replaceAll(folder, "F");
  assert.equal(await reason({ cwd: "/no/such" }), "could not be started: the working directory /no/such does not exist");
  assert.equal(await reason({ command: path.join(folder, "none") }), "could not be started: the executable F/none does not exist");
  assert.equal(
    await reason({ command: path.join(folder, "dir") }),
    "could not be started: expected an executable file at F/dir, found a folder",
  );
  assert.equal(
    await reason({ command: file("plain", "#!/bin/sh\n", 0o644) }),
    "could not be started: F/plain is not executable; try: chmod +x F/plain",
  );
  assert.equal(
    await reason({ command: file("script", "#!/no/such/python\n", 0o755) }),
    "could not be started: the first line of F/script names /no/such/python, which does not exist",
  );
});

test("stays small and quick beside a process that floods its output", async (t) => {
  const watched = run(t, { script: "yes 0123456789 & sleep 0.7; exit 0" });
  await watched.end;
  await hasLine(watched, "lines left out");
  assert.ok(watched.lines.length < 5000, `${watched.lines.length} lines`);
});

test("takes bytes that are no text, and a line without end", async (t) => {
  const watched = run(t, { script: "printf 'a\\000b\\377\\n'; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo after" });
  await hasLine(watched, "after");
  assert.equal(watched.lines[0], "stdout: a\u{FFFD}b\u{FFFD}");
  assert.match(watched.lines[1] ?? "", /^stdout: x{65536} … \(cut: the line is longer than 65536 bytes\)$/);
});

test("does not start what was stopped before", async (t) => {
  const lines: string[] = [];
  const child = new ManagedProcess({ command: "/bin/true", args: [], env: {}, cwd: "/" }, systemClock, {
    onLine: (_stream, line) => lines.push(line),
    onEnd: (end) => lines.push(end.kind),
  });
  t.after(() => child.kill());
  child.stop();
  child.start();
  assert.deepEqual(lines, ["not-started"]);
});

test("tells of the exit once and before the end, whatever led to it", async (t) => {
  const endings: Readonly<Record<string, (child: ManagedProcess) => void>> = {
    "exit 3": () => undefined,
    "kill -KILL $$": () => undefined,
    "echo up; exec sleep 100": (child) => child.stop(),
    "trap '' TERM; echo up; exec sleep 100": (child) => child.kill(),
  };
  for (const [script, act] of Object.entries(endings)) {
    const told: string[] = [];
    const child = new ManagedProcess({ command: "/bin/sh", args: ["-c", script], env: {}, cwd: "/" }, systemClock, {
      onLine: () => act(child),
      onExit: (at) => told.push(`exit ${at <= systemClock.now()}`),
      onEnd: () => told.push("end"),
    });
    t.after(() => child.kill());
    child.start();
    await eventually(`the end of ${script}`, () => told.includes("end"));
    assert.deepEqual(told, ["exit true", "end"], script);
  }
});

test("after a crash nothing of the group is left when the exit is told", async (t) => {
  const file = path.join(tempFolder(t), "straggler");
  let isGone: boolean | undefined;
  const child = new ManagedProcess(
    { command: "/bin/sh", args: ["-c", `sleep 100 & echo $! > ${file}; exit 1`], env: {}, cwd: "/" },
    systemClock,
    {
      onLine: () => undefined,
      // Blocks, so that nothing but what was done before can be the reason.
      onExit: () => {
        const straggler = Number(readFileSync(file, "utf8"));
        isGone = waitShortly(() => !isRunning(straggler), 5000);
      },
      onEnd: () => undefined,
    },
  );
  t.after(() => child.kill());
  child.start();
  await eventually("the exit", () => isGone !== undefined);
  assert.equal(isGone, true);
});
