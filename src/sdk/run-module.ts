/** One call runs a module: arguments, signals, the server, the end of the process. */
import { systemClock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { seconds } from "../base/millis.js";
import { keepHeapSmall } from "../base/small-heap.js";
import { parseModuleArguments } from "./module-arguments.js";
import { ModuleServer, type ModuleServerOptions } from "./module-server.js";

export type RunModuleOptions = Pick<ModuleServerOptions, "models" | "apis">;

// Supervisors send SIGTERM to the whole group after 3.3 s and SIGKILL after 10 s.
const CLOSE_LIMIT = seconds(2.8);

/**
 * Serves the models until the supervisor stops the module or is gone, then closes all resources and ends the process with code 0.
 * A second signal ends it at once. Keeps V8's young generation small unless Node.js was started with a flag about it. Rejects when the arguments are no module's or the address cannot be listened on.
 *
 * @example
 * await runModule({ models: [thermo] });
 */
export async function runModule(options: RunModuleOptions): Promise<void> {
  const { address, hasParent, ...rest } = parseModuleArguments(process.argv.slice(2), process.env);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    withDeadline(systemClock, CLOSE_LIMIT, "closing the module", server.close()).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  const server = new ModuleServer({ ...options, ...rest, hasParent, onParentLost: end });
  // A supervisor that died left broken pipes: writing a log line must not end the module before its resources are closed.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  // systemd signals all processes of a service whose supervisor died: that, after its loss was noticed, must not cut the closing short.
  let isSignalled = false;
  const onSignal = (code: number): void => {
    if (isSignalled) process.exit(code);
    isSignalled = true;
    end();
  };
  process.on("SIGTERM", () => onSignal(143));
  process.on("SIGINT", () => onSignal(130));
  await server.listen(address);
  keepHeapSmall();
}
