import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../support/run-cli.js";

test("auth says what it expects", async () => {
  for (const args of [
    ["key"],
    ["key", "make"],
    ["keys", "list"],
    ["key", "revoke"],
    ["key", "list", "more"],
    ["key", "create", "--role", "admin"],
  ]) {
    const { exitCode, err } = await runCli(["auth", ...args, "--home", "/nowhere"]);
    assert.equal(exitCode, 2, args.join(" "));
    assert.match(err, /^pinion: auth: |expected/);
  }
});

test("auth without a daemon says so", async () => {
  assert.equal((await runCli(["auth", "key", "list", "--home", "/nowhere"])).exitCode, 3);
});
