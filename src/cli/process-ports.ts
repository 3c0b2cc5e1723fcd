/** The real world for the command line: this process. */
import os from "node:os";
import { systemClock } from "../base/clock.js";
import type { CliPorts, RunOptions } from "./command.js";

/** The ports of this process; `run` starts the daemon. */
export function processPorts(run: (options: RunOptions) => Promise<number>): CliPorts {
  const interrupts = new Set<() => void>();
  const interrupt = (): void => {
    for (const listener of [...interrupts]) listener();
  };
  let isOutputGone = false;
  return {
    run,
    out: {
      write(text) {
        if (isOutputGone) return;
        // A reader that has seen enough, as in `pinion logs | head`, ends the command without a complaint.
        if (process.stdout.listenerCount("error") === 0) {
          process.stdout.on("error", () => {
            isOutputGone = true;
            interrupt();
          });
        }
        process.stdout.write(text);
      },
    },
    err: { write: (text) => void process.stderr.write(text) },
    env: process.env,
    get isTty(): boolean {
      return process.stdout.isTTY === true;
    },
    cwd: process.cwd(),
    userHome: os.homedir(),
    wall: () => systemClock.wall(),
    async readInput() {
      const chunks: Buffer[] = [];
      // Standard input without an encoding gives buffers.
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString("utf8");
    },
    onInterrupt(listener) {
      interrupts.add(listener);
      // Once: a second Ctrl-C ends the process as usual.
      process.once("SIGINT", interrupt);
      return () => {
        interrupts.delete(listener);
        if (interrupts.size === 0) process.off("SIGINT", interrupt);
      };
    },
  };
}
