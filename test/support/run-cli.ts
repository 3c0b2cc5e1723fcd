/** Runs the command line in this process with ports of the test's own. */

import type { CliPorts, RunOptions } from "../../src/cli/command.js";
import { main } from "../../src/cli/main.js";

export interface CliResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface CliRun {
  readonly result: Promise<CliResult>;
  /** What was written so far. */
  out(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

export interface CliSetting {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  readonly input?: string;
  readonly cwd?: string;
  readonly run?: (options: RunOptions) => Promise<number>;
}

export function startCli(argv: readonly string[], { env = {}, isTty = false, input = "", cwd = "/", run }: CliSetting = {}): CliRun {
  let out = "";
  let err = "";
  const interrupts = new Set<() => void>();
  const ports: CliPorts = {
    run: run ?? (() => Promise.reject(new Error("the test runs no daemon"))),
    out: {
      write: (text) => {
        out += text;
      },
    },
    err: {
      write: (text) => {
        err += text;
      },
    },
    env,
    isTty,
    cwd,
    userHome: "/home/somebody",
    wall: () => new Date("2030-01-02T03:04:05Z"),
    readInput: () => Promise.resolve(input),
    onInterrupt(listener) {
      interrupts.add(listener);
      return () => void interrupts.delete(listener);
    },
  };
  return {
    result: main(argv, ports).then((exitCode) => ({ exitCode, out, err })),
    out: () => out,
    interrupt: () => {
      for (const listener of [...interrupts]) listener();
    },
  };
}

export function runCli(argv: readonly string[], setting: CliSetting = {}): Promise<CliResult> {
  return startCli(argv, setting).result;
}
