/** The bench itself, with simulated lines for its pins: what a user with real cables runs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { tempFolder } from "../../test/support/temp-folder.js";
import { I2cStub } from "../board/i2c-stub.js";
import { PtyPeer } from "../board/pty-peer.js";
import { fillBosch, fillIna219 } from "../vectors.js";
import { jumper } from "./support/programs.js";

test("a bench of jumpers, chips and a looped port runs the suites that it has the wiring for", async (t) => {
  const stub = I2cStub.find();
  fillBosch(stub, 0x76, "bme280");
  fillIna219(stub, 0x40);
  // Either end may be the output.
  const pairs = [
    [17, 23],
    [27, 24],
    [22, 25],
  ] as const;
  await jumper(
    t,
    pairs.flatMap(([near, far]) => [[near, far] as const, [far, near] as const]),
  );
  const loop = await PtyPeer.plug("/tmp/loop");
  t.after(() => loop.unplug());
  loop.onData((bytes) => void loop.write(bytes));
  const wiring = {
    jumpers: [
      ["11", "16"],
      ["13", "18"],
      ["15", "22"],
    ],
    i2c: { bus: stub.bus, chips: { bme280: 0x76, ina219: 0x40 } },
    settleMs: 8,
    serialLoop: loop.port,
  };
  const file = path.join(tempFolder(t), "wiring.json");
  writeFileSync(file, JSON.stringify(wiring));
  const main = path.join(import.meta.dirname, "../bench/main.js");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const bench = spawn(process.execPath, [main, file], { env: { ...env, FORCE_COLOR: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(bench.stdout), once(bench, "exit")]);
  assert.equal(bench.exitCode, 0, output);
  const count = (what: string): number => Number(new RegExp(`^. ${what} (\\d+)$`, "m").exec(output)?.[1]);
  assert.equal(count("fail"), 0, output);
  assert.ok(count("pass") >= 14, output);
});
