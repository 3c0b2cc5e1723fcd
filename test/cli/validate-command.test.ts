import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { runCli } from "../support/run-cli.js";
import { tempFolder } from "../support/temp-folder.js";

const BAD = `{
  "components": [
    { "name": "good", "api": "rdk:component:sensor", "model": "acme:demo:thermo" },
    { "name": "no good", "api": "rdk:component:sensor", "model": "acme:demo:thermo" }
  ]
}
`;

test("validate prints line, column, path and what is wrong, and exits 1", async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(path.join(cwd, "bad.json"), BAD);
  const { exitCode, out } = await runCli(["validate", "bad.json"], { cwd });
  assert.equal(exitCode, 1);
  assert.match(out, /^bad\.json:4:\d+: error: components\[1\]\.name: .*no good.*\nbad\.json: 1 error\n$/);
});

test("validate accepts a good config, from a file or standard input", async (t) => {
  const cwd = tempFolder(t);
  const good = BAD.replace("no good", "better");
  writeFileSync(path.join(cwd, "good.json"), good);
  assert.deepEqual(await runCli(["validate", "good.json"], { cwd }), { exitCode: 0, out: "good.json: no problems\n", err: "" });
  assert.equal((await runCli(["validate", "-"], { input: good })).exitCode, 0);
});

test("validate says where a text stops being JSON", async () => {
  const { exitCode, out } = await runCli(["validate", "-"], { input: '{\n  "components": [,]\n}' });
  assert.equal(exitCode, 1);
  assert.match(out, /line 2/);
});

test("validate --json prints the problems for programs", async () => {
  const { exitCode, out } = await runCli(["validate", "--json", "-"], { input: BAD });
  assert.equal(exitCode, 1);
  const problems = JSON.parse(out) as { path: string; line: number; severity: string }[];
  assert.deepEqual(
    problems.map(({ path: where, line, severity }) => ({ where, line, severity })),
    [{ where: "components[1].name", line: 4, severity: "error" }],
  );
});

test("a file that cannot be read is named", async () => {
  const { exitCode, err } = await runCli(["validate", "nowhere.json"], { cwd: "/" });
  assert.equal(exitCode, 1);
  assert.match(err, /cannot read nowhere\.json: ENOENT/);
});

test("schema prints a JSON Schema that knows components", async () => {
  const { exitCode, out } = await runCli(["schema"]);
  assert.equal(exitCode, 0);
  const schema = JSON.parse(out) as { properties: Record<string, unknown> };
  assert.ok("components" in schema.properties);
});
