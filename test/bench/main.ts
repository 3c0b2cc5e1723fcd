/** `npm run bench -- [ROW...] [--runs N] [--resources 10,100,1000] [--idle SECONDS] [--language go|typescript]` */
import { parseArgs } from "node:util";
import { messageOf } from "../../src/base/errors.js";
import { runProgram } from "../interop/support/run-program.js";
import { prepareGo } from "../interop/support/toolchains.js";
import { type Figure, formatTable } from "./figures.js";
import { type BenchOptions, ROWS } from "./rows.js";
import { createScope } from "./scope.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "7" },
    resources: { type: "string", default: "10,100,1000" },
    idle: { type: "string", default: "60" },
    language: { type: "string" },
  },
});

const unknown = positionals.filter((name) => ROWS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`no row ${unknown.join(", ")}: the rows are ${Object.keys(ROWS).join(", ")}\n`);
  process.exit(2);
}

const isGoThere = await hasGo();
if (isGoThere) await prepareGo();
const options: BenchOptions = {
  language: values.language === "typescript" || !isGoThere ? "typescript" : "go",
  isGoThere,
  runs: Number(values.runs),
  resources: values.resources.split(",").map(Number),
  idleSeconds: Number(values.idle),
};
process.stdout.write(
  `modules in ${options.language}, load from ${isGoThere ? "Go" : "Node"}, ${options.runs} runs, Node ${process.version}\n\n`,
);

const figures: Figure[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(ROWS)) {
  const scope = createScope();
  try {
    const found = (await ROWS[name]?.(scope, options)) ?? [];
    // A row takes minutes: what is known is shown at once, the table at the end.
    for (const { measure, value } of found) process.stderr.write(`${measure}: ${value}\n`);
    figures.push(...found);
  } catch (error) {
    process.exitCode = 1;
    figures.push({ measure: name, value: "failed" });
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
  } finally {
    await scope.end();
  }
}
process.stdout.write(`\n${formatTable(figures)}\n`);

async function hasGo(): Promise<boolean> {
  try {
    await runProgram("go", ["version"]);
    return true;
  } catch {
    return false; // the bench runs without it, in TypeScript alone
  }
}
