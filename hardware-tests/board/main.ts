/**
 * `npm run test:board`: builds the kernel of the virtual board unless it is in the cache, boots it and runs the suites in it.
 * Arguments are test files (parts of their names) to run; without any, all. The last lines are those of `node --test`.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { preparePython } from "../../test/interop/support/toolchains.js";
import { runOnBoard } from "./boot.js";
import { missingPackages, prepareKernel, whyNoBoard } from "./kernel.js";

/** Milliseconds for all of it, and for a file. */
const LIMIT = 480_000;
const TEST_LIMIT = 120_000;

const why = whyNoBoard() ?? whyNotBuilt();
if (why === undefined) await runSuites(process.argv.slice(2));
else skip(why);

function whyNotBuilt(): string | undefined {
  const missing = missingPackages();
  return missing.length === 0
    ? undefined
    : `the virtual board is built from source: apt-get install ${missing.join(" ")}, then npm run test:board`;
}

async function runSuites(names: readonly string[]): Promise<void> {
  await preparePython();
  const kernel = await prepareKernel((line) => process.stdout.write(`${line}\n`));
  const files = testFiles(names);
  const node = quoted(process.execPath);
  const tests = `${node} --enable-source-maps --test --test-concurrency=1 --test-timeout=${TEST_LIMIT} --test-reporter=tap`;
  const command = `export PINION_RIG=board\n${node} ${quoted(path.join(import.meta.dirname, "set-up.js"))} || exit 96\n${tests} ${files.map(quoted).join(" ")}`;
  const { exitCode, failure } = await runOnBoard({ kernel, command, limit: LIMIT, onOutput: (text) => process.stdout.write(text) });
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.exitCode = exitCode ?? 1;
}

function testFiles(names: readonly string[]): string[] {
  const top = path.dirname(import.meta.dirname);
  const files = ["suites", "machine"].flatMap((folder) => readdirSync(path.join(top, folder)).map((file) => path.join(top, folder, file)));
  const tests = files.filter((file) => file.endsWith(".test.js")).toSorted();
  const chosen = names.length === 0 ? tests : tests.filter((file) => names.some((name) => path.basename(file).includes(name)));
  if (chosen.length === 0)
    throw new Error(`no test file has ${names.join(" or ")} in its name; there are ${tests.map((file) => path.basename(file)).join(", ")}`);
  return chosen;
}

/** As `node --test` would say it. */
function skip(reason: string): void {
  process.stdout.write(`ok 1 - virtual board # SKIP ${reason}\n# tests 1\n# pass 0\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 0\n`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
