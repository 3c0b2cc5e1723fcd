/**
 * Runs a command on the virtual board. Usage: node dist/hardware-tests/board/run.js [--seconds N] COMMAND
 * COMMAND is for the shell, and runs as root of the board in the present folder; what it writes is gone afterwards.
 */
import { parseArgs } from "node:util";
import { runOnBoard } from "./boot.js";
import { prepareKernel, whyNoBoard } from "./kernel.js";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string", default: "300" } } });
const why = whyNoBoard();
if (why !== undefined) throw new Error(why);
const kernel = await prepareKernel((line) => process.stderr.write(`${line}\n`));
const { exitCode, failure } = await runOnBoard({
  kernel,
  command: positionals.join(" "),
  limit: Number(values.seconds) * 1000,
  onOutput: (text) => process.stdout.write(text),
});
if (failure !== undefined) process.stderr.write(`${failure}\n`);
process.exitCode = exitCode ?? 1;
