import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { RunOptions } from "../../src/cli/command.js";
import { COMMANDS } from "../../src/cli/commands.js";
import { runCli } from "../support/run-cli.js";
import { tempFolder } from "../support/temp-folder.js";

test("without a command it prints what there is and exits 2; help exits 0", async () => {
  const bare = await runCli([]);
  assert.equal(bare.exitCode, 2);
  const help = await runCli(["--help"]);
  assert.equal(help.exitCode, 0);
  assert.equal(help.out, bare.err);
  for (const { name } of COMMANDS) assert.match(help.out, new RegExp(`^ {2}${name} `, "m"));
});

test("every command has help that names its options, and its summary is the table's", async () => {
  for (const { name, summary, load } of COMMANDS) {
    const command = await load();
    assert.equal(command.name, name);
    assert.equal(command.summary, summary);
    const { out, exitCode } = await runCli(["help", name]);
    assert.equal(exitCode, 0);
    assert.match(out, new RegExp(`^usage: pinion ${name}`, "m"));
    for (const option of command.options) assert.ok(out.includes(`--${option.name}`));
    assert.equal((await runCli([name, "--help"])).out, out);
  }
});

test("prints the version of the package", async () => {
  assert.match((await runCli(["--version"])).out, /^pinion \d+\.\d+\.\d+/);
});

test("what it does not know exits 2 with a hint", async () => {
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [["statsu"], /no command "statsu"; did you mean "status"\?/],
    [["frobnicate"], /`pinion help` lists them/],
    [["status", "--nope"], /status: .*--nope.*`pinion help status`/],
    [["restart"], /restart: expected MODULE, got nothing/],
    [["reload", "x"], /reload: takes no arguments, got "x"/],
    [["run", "--log-format", "xml"], /--log-format: expected pretty, json, got "xml"/],
    [["logs", "--since", "yesterday"], /--since: expected a duration such as 10m/],
    [["logs", "--limit", "0"], /--limit: expected a number from 1, got "0"/],
    [["logs", "--level", "loud"], /--level: expected debug/],
    [["call", "a", "b", "{"], /the request is no JSON/],
    [["call", "a", "b", "7"], /expected the request to be a JSON object/],
    [["call", "a", "b", "--timeout", "soon"], /--timeout: expected a duration/],
    [["completion", "tcsh"], /expected bash, zsh or fish, got "tcsh"/],
  ];
  for (const [argv, expected] of table) {
    const { exitCode, err, out } = await runCli(argv);
    assert.match(err, expected);
    assert.equal(exitCode, 2, argv.join(" "));
    assert.equal(out, "");
  }
});

test("run hands its options to the daemon and its exit code back", async () => {
  const seen: RunOptions[] = [];
  const run = async (options: RunOptions): Promise<number> => {
    seen.push(options);
    return 5;
  };
  assert.equal((await runCli(["run"], { run })).exitCode, 5);
  await runCli(["run", "-c", "m.json", "--home", "h", "--debug", "--log-format", "json"], { run, cwd: "/w" });
  await runCli(["run", "--config", "/abs.json"], { run, env: { VIAM_HOME: "/var/lib/pinion" } });
  assert.deepEqual(seen, [
    { home: "/home/somebody/.viam", isDebug: false },
    { home: "/w/h", isDebug: true, config: "/w/m.json", logFormat: "json" },
    { home: "/var/lib/pinion", isDebug: false, config: "/abs.json" },
  ]);
});

test("without a daemon commands exit 3 and say what was tried and how to start one", async (t) => {
  const home = tempFolder(t);
  for (const argv of [["status"], ["logs"], ["reload"], ["restart", "m"], ["call", "a", "B"]]) {
    const { exitCode, err } = await runCli([...argv, "--home", home]);
    assert.equal(exitCode, 3);
    assert.ok(err.startsWith(`pinion: no daemon answers on ${home}/pinion.sock: it does not exist; start one with \`pinion run\``), err);
  }
});

test("the completion scripts name every command and option, and bash accepts its own", async () => {
  const { out: bash } = await runCli(["completion", "bash"]);
  for (const shell of ["bash", "zsh", "fish"]) {
    const { out } = await runCli(["completion", shell]);
    for (const { name, load } of COMMANDS) {
      assert.ok(out.includes(name));
      for (const option of (await load()).options) assert.ok(out.includes(option.name), `${shell} ${option.name}`);
    }
  }
  const complete = (line: string): string[] => {
    const words = line.split(" ");
    const script = `${bash}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _pinion; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, status, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.split("\n").filter((word) => word !== "");
  };
  assert.deepEqual(complete("pinion st"), ["status"]);
  assert.deepEqual(complete("pinion status --w"), ["--why"]);
  assert.deepEqual(complete("pinion run --log-format p"), ["pretty"]);
  assert.deepEqual(complete("pinion completion z"), ["zsh"]);
});
