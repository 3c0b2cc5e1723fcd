/** Keeps a process that runs for months as small as it is when it has just started. */
import { setFlagsFromString } from "node:v8";
import { systemClock } from "./clock.js";
import { seconds } from "./millis.js";

/** Not before what a start needs is loaded: V8 refuses code caches that were made under other flags, and a heap that grows starts quicker. */
const START = seconds(1);

/** Under load a process would grow by tens of megabytes of short-lived objects, and keep them. */
export function keepHeapSmall(): void {
  if (process.execArgv.some((argument) => argument.includes("semi-space"))) return;
  systemClock.after(START, () => setFlagsFromString("--semi-space-growth-factor=1"), { unref: true });
}
