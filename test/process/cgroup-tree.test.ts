import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { CgroupTree } from "../../src/process/cgroup-tree.js";
import { tempFolder } from "../support/temp-folder.js";

/** The files of a group that holds only this process, with these controllers. */
function tree(t: TestContext, controllers: string): { readonly tree: CgroupTree; readonly folder: string } {
  const mount = tempFolder(t);
  const self = path.join(mount, "self");
  const folder = path.join(mount, "pinion.service");
  mkdirSync(folder);
  writeFileSync(self, "0::/pinion.service\n");
  writeFileSync(path.join(mount, "cgroup.controllers"), "");
  writeFileSync(path.join(folder, "cgroup.controllers"), `${controllers}\n`);
  writeFileSync(path.join(folder, "cgroup.procs"), `${process.pid}\n`);
  return { tree: new CgroupTree({ mount, self }), folder };
}

test("makes a group with the limits, after it moved the supervisor into a leaf", (t) => {
  const { tree: cgroups, folder } = tree(t, "cpu memory pids");
  const group = cgroups.create("m-1", { memory: 64 * 1024 ** 2, cpu: 0.5, processes: 20 });
  assert.ok(typeof group !== "string", String(group));
  const inFolder = (file: string): string => readFileSync(path.join(folder, file), "utf8").trim();
  assert.equal(inFolder("pinion-supervisor/cgroup.procs"), String(process.pid));
  assert.equal(inFolder("cgroup.subtree_control"), "+memory +cpu +pids");
  assert.equal(inFolder("pinion-module-m-1/memory.max"), "67108864");
  assert.equal(inFolder("pinion-module-m-1/cpu.max"), "50000 100000");
  assert.equal(inFolder("pinion-module-m-1/pids.max"), "20");
  assert.equal(group.entrance, path.join(folder, "pinion-module-m-1", "cgroup.procs"));
  assert.equal(group.wasOutOfMemory(), false);
  writeFileSync(path.join(folder, "pinion-module-m-1", "memory.events"), "oom 1\noom_kill 1\n");
  assert.equal(group.wasOutOfMemory(), true);
  group.kill();
  assert.equal(inFolder("pinion-module-m-1/cgroup.kill"), "1");
});

test("says why nothing is limited where the kernel offers no control of it", (t) => {
  const { tree: cgroups } = tree(t, "cpu pids");
  assert.match(
    String(cgroups.create("m-1", { memory: 1 })),
    /offers no control of memory in .*; on a Raspberry Pi add cgroup_enable=memory/,
  );
  assert.equal(typeof cgroups.create("m-1", { cpu: 1 }), "object");
});

test("says so where there is no unified hierarchy", (t) => {
  const mount = tempFolder(t);
  assert.match(String(new CgroupTree({ mount, self: path.join(mount, "self") }).create("m-1", { cpu: 1 })), /no unified resource control/);
});

test("touches no group in which others run", (t) => {
  const { tree: cgroups, folder } = tree(t, "cpu memory pids");
  writeFileSync(path.join(folder, "cgroup.procs"), `${process.pid}\n1\n`);
  assert.match(String(cgroups.create("m-1", { cpu: 1 })), /is not ours to divide \(processes that are not pinion's run in it\)/);
  assert.equal(existsSync(path.join(folder, "pinion-supervisor")), false);
});
