/** Tells systemd how far we are, when it started us with Type=notify. Nobody else knows that systemd exists. */
import { spawn } from "node:child_process";

/** Node cannot send unix datagrams, so the message goes through systemd's own tool; without a notify socket nothing happens. */
export function notifySystemd(env: Readonly<Record<string, string | undefined>>, ...states: readonly string[]): void {
  if (env["NOTIFY_SOCKET"] === undefined) return;
  const child = spawn("systemd-notify", [`--pid=${process.pid}`, ...states], { stdio: "ignore" });
  // Without the tool systemd's start timeout says what is wrong better than we could.
  child.on("error", () => undefined);
  child.unref();
}
