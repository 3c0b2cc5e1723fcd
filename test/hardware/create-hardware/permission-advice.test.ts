import assert from "node:assert/strict";
import { chmodSync, chownSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { permissionAdvice } from "../../../src/hardware/sys-files.js";
import { tempFolder } from "../../support/temp-folder.js";

const USER = { isRoot: false, name: "pi" };

test("the group that may open a device is named, with the command", (t) => {
  const file = path.join(tempFolder(t), "gpiochip0");
  const groups = path.join(path.dirname(file), "group");
  writeFileSync(file, "");
  if (process.getuid?.() === 0) chownSync(file, 0, 997);
  chmodSync(file, 0o660);
  const { gid } = statSync(file);
  if (gid === 0) return t.skip("needs a group that is not root's");
  writeFileSync(groups, `root:x:0:\ngpio:x:${gid}:\n`);
  assert.equal(
    permissionAdvice(file, USER, groups),
    `${file} is open to group "gpio": run "sudo usermod -aG gpio pi" and log in again (a service: restart it)`,
  );
  writeFileSync(groups, "root:x:0:\n");
  assert.match(permissionAdvice(file, USER, groups), new RegExp(`open to group "${gid}"`));
  chmodSync(file, 0o600);
  assert.match(permissionAdvice(file, USER, groups), /open to root only/);
});

test("without a file, or as root, there is another way out", () => {
  assert.match(permissionAdvice("/nowhere/gpiochip0", USER), /open to root only: .*udev rule/);
  assert.match(
    permissionAdvice("/nowhere/gpiochip0", { isRoot: true, name: "root" }),
    /even to root; a container must be given the device/,
  );
});
