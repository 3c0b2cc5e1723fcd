/** The programs that drive a machine with the official clients. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { eventually } from "../../support/eventually.js";
import { interopSource } from "./cache.js";
import { runProgram } from "./run-program.js";
import { goProgram, nodeClientProgram, pythonProgram } from "./toolchains.js";

export const CLIENTS = ["python", "go", "typescript"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** File and arguments of a client's program; `address` is host:port. */
function commandOf(client: ClientName, verb: string, address: string, names: readonly string[]): readonly [string, readonly string[]] {
  if (client === "python") return [pythonProgram(), ["-B", interopSource("python", "client.py"), verb, address, ...names]];
  if (client === "go") return [goProgram("client"), [verb, address, ...names]];
  return [process.execPath, [nodeClientProgram(), verb, `http://${address}`, ...names]];
}

/** Runs the program to its end and returns the JSON it printed. */
export async function runClient(client: ClientName, verb: string, address: string, names: readonly string[] = []): Promise<unknown> {
  const [file, args] = commandOf(client, verb, address, names);
  return JSON.parse(await runProgram(file, args));
}

export interface RunningClient {
  /** Waits for a line that matches, after those that were returned before. */
  untilLine(pattern: RegExp): Promise<string>;
  /** Ends it without giving it a chance to say goodbye. */
  kill(): void;
}

/** Starts the program and leaves it running. It is killed when the test ends. */
export function startClient(
  t: TestContext,
  client: ClientName,
  verb: string,
  address: string,
  names: readonly string[] = [],
): RunningClient {
  const [file, args] = commandOf(client, verb, address, names);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  let seen = 0;
  return {
    async untilLine(pattern) {
      const found = () => lines.findIndex((line, index) => index >= seen && pattern.test(line));
      const hasLine = () => {
        if (found() >= 0) return true;
        throw new Error(`the ${client} client printed ${JSON.stringify(lines.slice(seen))} and said ${errors.slice(-2000)}`);
      };
      await eventually(`a line like ${pattern}`, hasLine, 30_000);
      seen = found() + 1;
      return lines[seen - 1] ?? "";
    },
    kill: () => child.kill("SIGKILL"),
  };
}
