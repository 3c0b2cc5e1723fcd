/** The program: the command line, with the daemon as what `run` starts. */
import { main, ownVersion } from "./cli/main.js";
import { processPorts } from "./cli/process-ports.js";

const ports = processPorts(async (options) => {
  const { runDaemon } = await import("./daemon/daemon.js");
  return runDaemon({ ...options, env: process.env, isTty: process.stdout.isTTY === true, version: ownVersion() });
});

/** Settles when the command has ended. */
export const ended: Promise<void> = main(process.argv.slice(2), ports).then((code) => {
  process.exitCode = code;
});
