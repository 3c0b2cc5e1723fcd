/**
 * Tells systemd's watchdog that we live, when the service asks for it (WatchdogSec=). The beat comes from the event loop itself: one that is
 * blocked misses it, and systemd starts us anew. Node cannot send unix datagrams and starting a program for every beat would cost too much
 * in our own process, so one long-lived shell does it: a line to it is a beat.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Clock, Timer } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis, seconds } from "../base/millis.js";

export interface HeartbeatInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Heartbeat {
  end(): void;
}

const BEAT = "beat\n";
/** Of the watchdog's time: one beat may be late without harm. */
const SHARE = 1 / 3;
const RESTART_PAUSE: Millis = seconds(1);

/** Undefined when nobody watches. */
export function startHeartbeat({ env, clock, logger }: HeartbeatInput): Heartbeat | undefined {
  const interval = beatInterval(env);
  if (interval === undefined) return undefined;
  let child: ChildProcess | undefined;
  let timer: Timer | undefined;
  let isEnded = false;
  let hasFailed = false;
  const open = (): void => {
    // The shell leaves with its input: nothing beats for a supervisor that is gone.
    child = spawn("/bin/sh", ["-c", `while read -r line; do systemd-notify --pid=${process.pid} WATCHDOG=1 || exit; done`], {
      env: { ...env },
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.on("error", () => undefined); // "exit" does not follow then, and the next beat finds no pipe
    child.stdin?.on("error", () => undefined); // it is gone, which "exit" tells
    child.on("exit", () => {
      if (isEnded) return;
      if (!hasFailed) logger.error({ program: "systemd-notify" }, "the watchdog of systemd cannot be told that pinion lives; trying again");
      hasFailed = true;
      child = undefined;
      clock.after(RESTART_PAUSE, () => !isEnded && open(), { unref: true });
    });
    child.unref();
  };
  const beat = (): void => {
    child?.stdin?.write(BEAT);
    timer = clock.after(interval, beat, { unref: true });
  };
  open();
  beat();
  return {
    end() {
      isEnded = true;
      timer?.cancel();
      child?.stdin?.end();
    },
  };
}

function beatInterval(env: HeartbeatInput["env"]): Millis | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = env;
  if (socket === undefined || limit === undefined || !/^[1-9]\d*$/.test(limit)) return undefined;
  // With a wrapper in between (/usr/bin/env keeps the pid) it would be somebody else's.
  if (pid !== undefined && pid !== "" && Number(pid) !== process.pid) return undefined;
  return millis((Number(limit) / 1000) * SHARE);
}
