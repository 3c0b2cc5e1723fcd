/** `npm run bench -- hardware`: boots the virtual board and measures there, or on the bench that PINION_WIRING describes. */
import path from "node:path";
import { quoted, runOnBoard } from "../../hardware-tests/board/boot.js";
import { findKernel, type Kernel, whyNoBoard } from "../../hardware-tests/board/kernel.js";
import { runProgram } from "../interop/support/run-program.js";
import type { Figure } from "./figures.js";
import type { Row } from "./rows.js";

const LIMIT = 300_000;
const PROGRAM = path.join(import.meta.dirname, "hardware-program.js");

export const hardwareRow: Row = async () => {
  if (process.env["PINION_WIRING"] !== undefined) {
    return figuresIn(await runProgram(process.execPath, [PROGRAM], { env: { PINION_RIG: "bench" }, limitMs: LIMIT }));
  }
  const why = whyNoBoard();
  const kernel = why === undefined ? findKernel() : undefined;
  if (kernel === undefined) {
    const remedy =
      why ?? "`npm run test:board` builds the virtual board; for real hardware run `PINION_WIRING=wiring.json npm run bench -- hardware`";
    return [{ measure: "hardware", value: `not measured: ${remedy}` }];
  }
  process.stdout.write(
    "hardware: on the virtual board, a kernel that runs as a program: no timings of devices, only the ratios tell something\n",
  );
  return figuresIn(await onBoard(kernel));
};

async function onBoard(kernel: Kernel): Promise<string> {
  let output = "";
  const { exitCode, failure } = await runOnBoard({
    kernel,
    command: `PINION_RIG=board exec ${quoted(process.execPath)} --enable-source-maps ${quoted(PROGRAM)}`,
    limit: LIMIT,
    onOutput: (text) => {
      output += text;
    },
  });
  if (exitCode === 0) return output;
  throw new Error(failure ?? `the bench on the virtual board ended with ${exitCode}:\n${output.slice(-4000)}`);
}

function figuresIn(output: string): readonly Figure[] {
  const line = /^FIGURES (.+)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`the bench gave no figures:\n${output.slice(-4000)}`);
  return JSON.parse(line) as readonly Figure[];
}
