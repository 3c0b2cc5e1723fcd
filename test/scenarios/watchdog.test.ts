import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { shellScript } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";

test("tells systemd's watchdog that it lives, but not while its event loop stands still", async (t) => {
  const folder = tempFolder(t);
  const told = path.join(folder, "told");
  shellScript(path.join(folder, "systemd-notify"), `echo "$@" >> "${told}"`);
  const daemon = await startDaemon(t, {
    config: {},
    env: { PATH: `${folder}:${process.env["PATH"]}`, NOTIFY_SOCKET: path.join(folder, "socket"), WATCHDOG_USEC: "300000" },
  });
  const beats = (): number => readFileSync(told, "utf8").split("WATCHDOG=1").length - 1;
  await eventually("some beats", () => beats() >= 3);
  assert.match(readFileSync(told, "utf8"), new RegExp(`--pid=${daemon.pid} WATCHDOG=1`));
  process.kill(daemon.pid, "SIGSTOP");
  // What was on its way arrives; then nothing more.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = beats();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(beats(), before);
  process.kill(daemon.pid, "SIGCONT");
  await eventually("beats again", () => beats() > before);
  assert.equal(await daemon.stop(), 0);
});
