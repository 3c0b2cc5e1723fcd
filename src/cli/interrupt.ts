/** Ctrl-C as a signal that ends a stream. */
import type { CliPorts } from "./command.js";

/** Runs the work with a signal that Ctrl-C aborts; undefined when that ended it. */
export async function untilInterrupted<T>(ports: CliPorts, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController();
  const stop = ports.onInterrupt(() => controller.abort());
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    throw error;
  } finally {
    stop();
  }
}
