/** Runs a program to its end and returns what it printed; a failure says everything it said. */
import { execFile } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
  /** For its standard input. */
  readonly input?: string;
}

export function runProgram(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd, env, limitMs = 60_000, input = "" } = options;
  return new Promise((resolve, reject) => {
    const settings = { cwd, env: { ...process.env, ...env }, timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(file, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `took longer than ${limitMs} ms` : `failed (${error.code ?? error.message})`;
      reject(new Error(`${file} ${args.join(" ")} ${why}\n${stdout}\n${stderr}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}
