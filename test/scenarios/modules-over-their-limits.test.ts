import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { CgroupTree } from "../../src/process/cgroup-tree.js";
import { shellScript } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";
import { besideBadModule } from "./support/bystander.js";

const MEMORY = 160 * 1024 ** 2;

test("a module that the kernel ends for want of memory is replaced, with that cause", async (t) => {
  const group = memoryGroup(t);
  if (group === undefined) {
    t.skip("no memory group can be made here: run as root, with the memory controller in /sys/fs/cgroup");
    return;
  }
  const program = shellScript(
    path.join(tempFolder(t), "run.sh"),
    `echo $$ > "${group}/cgroup.procs"\nexec "${process.execPath}" "${path.join(import.meta.dirname, "../fixtures/modules/leaks.js")}" "$@"`,
  );
  const scenario = await besideBadModule(t, { fixture: "leaks", entry: { executable_path: program } });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.signal("SIGUSR2");
  assert.match((await scenario.failure("out-of-memory", 60_000)).error, /because memory ran out/);
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});

test("limits are enforced where the kernel can be told, and where not that is said and the module runs all the same", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "leaks", entry: { limits: { memory: "160MiB", processes: 50 } } });
  await scenario.daemon.untilReady(["bad-sensor"]);
  if (isLimited(scenario.daemon.logs())) {
    await scenario.signal("SIGUSR2");
    assert.match((await scenario.failure("out-of-memory", 60_000)).error, /because memory ran out/);
    await scenario.daemon.untilReady(["bad-sensor"]);
  } else {
    const line = await eventually("the line", () => /.*limits of the module are not enforced.*/.exec(scenario.daemon.logs())?.[0]);
    assert.match(line, /"problem":"[^"]*(cgroup v2|no control of|not ours to divide)/);
    assert.match((await scenario.report()).notice, /^its limits are not enforced: /);
  }
  await scenario.end();
});

function isLimited(logs: string): boolean {
  return !logs.includes("limits of the module are not enforced");
}

/** A folder of the kernel's memory control with a limit, in whichever version of it this system has. */
function memoryGroup(t: TestContext): string | undefined {
  const old = "/sys/fs/cgroup/memory";
  if (!existsSync(path.join(old, "memory.limit_in_bytes"))) {
    const made = new CgroupTree().create(`test-${process.pid}`, { memory: MEMORY });
    if (typeof made === "string") return undefined;
    t.after(() => made.kill());
    return path.dirname(made.entrance);
  }
  const folder = path.join(old, `pinion-test-${process.pid}`);
  try {
    mkdirSync(folder);
    t.after(() => eventually("an empty group", () => isRemoved(folder)));
    writeFileSync(path.join(folder, "memory.limit_in_bytes"), String(MEMORY));
    return folder;
  } catch {
    return undefined; // not ours to make
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false; // its processes are on their way out
  }
}
