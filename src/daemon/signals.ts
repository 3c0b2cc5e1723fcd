/** What the signals of the system mean to the daemon. */
import type { Clock } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";

export interface SignalHandlers {
  /** SIGTERM or SIGINT for the first time. */
  onStop(signal: NodeJS.Signals): void;
  /** Once more: whoever sends it does not want to wait. */
  onSecondStop(signal: NodeJS.Signals): void;
  /** SIGHUP. */
  onReload(): void;
}

const SAME_SIGNAL: Millis = millis(500);

/** Until the returned function is called only SIGHUP counts; signals to end count as long as the process lives. */
export function listenToSignals(clock: Clock, { onStop, onSecondStop, onReload }: SignalHandlers): () => void {
  let firstAt: Millis | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAt === undefined) {
      firstAt = clock.now();
      onStop(signal);
      return;
    }
    // Ctrl-C under npm arrives twice: from the terminal and from npm.
    if (clock.now() - firstAt >= SAME_SIGNAL) onSecondStop(signal);
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("SIGHUP", onReload);
  return () => void process.off("SIGHUP", onReload);
}
