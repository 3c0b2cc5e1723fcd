/** A device that is plugged in after the machine started. */
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ptyPair, skipWithoutPty } from "../hardware/support/pty-pair.js";
import { eventually } from "../support/eventually.js";
import { startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";

test("a resource whose serial port is not there says so, and comes up by itself when it is", { skip: skipWithoutPty() }, async (t) => {
  const port = await ptyPair(t);
  const serial_path = path.join(tempFolder(t), "ttyUSB7");
  const attributes = { connection_type: "serial", serial_attributes: { serial_path } };
  const gps = { name: "gps", api: "rdk:component:movement_sensor", model: "rdk:builtin:gps-nmea", attributes };
  const daemon = await startDaemon(t, { config: { components: [gps] } });
  const error = await eventually(
    "the reason",
    async () => (await daemon.report()).resources.find(({ state }) => state === "unhealthy")?.error,
  );
  assert.match(error, /could not build .*gps: attributes\.serial_attributes\.serial_path: serial port .*ttyUSB7 is not there/);
  symlinkSync(port.path, serial_path);
  await daemon.untilReady(["gps"]);
  assert.equal(await daemon.stop(), 0);
});
