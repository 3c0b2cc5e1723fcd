/**
 * `npm run test:board`: builds the kernel of the virtual board unless it is in the cache, boots it and runs the suites in it.
 * Arguments are test files (parts of their names) to run; without any, all. The last lines are those of `node --test`.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { preparePython } from "../../test/interop/support/toolchains.js";
import { skip } from "../skip.js";
import { quoted, runOnBoard } from "./boot.js";
import { prepareKernel, whyNoTests } from "./kernel.js";

/** Milliseconds for all of it, and for a file. */
const LIMIT = 480_000;
const TEST_LIMIT = 120_000;

const why = whyNoTests("test:board");
if (why === undefined) await runSuites(process.argv.slice(2));
else skip("virtual board", why);

async function runSuites(names: readonly string[]): Promise<void> {
  await preparePython();
  const kernel = await prepareKernel((line) => process.stdout.write(`${line}\n`));
  const files = testFiles(names);
  const tests = `${quoted(process.execPath)} --enable-source-maps --test --test-concurrency=1 --test-timeout=${TEST_LIMIT} --test-reporter=tap`;
  const command = `export PINION_RIG=board\n${tests} ${files.map(quoted).join(" ")}`;
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
