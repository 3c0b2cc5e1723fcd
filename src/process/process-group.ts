/** Signals to a process group. A group that is gone is no error. */
import { readdirSync, readFileSync } from "node:fs";

/** Sends a signal to the whole group; true when there was something to send it to. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(pid, signal);
}

/** True while anything of the group still runs, also when it belongs to another user by now. */
export function isGroupAlive(pid: number): boolean {
  return send(pid, 0) && hasLivingMember(pid);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ESRCH") return false;
    // EPERM: it runs as another user (started through sudo, say). It is there, but cannot be signalled.
    if (code === "EPERM") return true;
    throw error;
  }
}

/** In a container whose first process collects no dead orphans, they stay members of their group; only their state tells. */
function hasLivingMember(group: number): boolean {
  if (process.platform !== "linux") return true;
  try {
    return readdirSync("/proc").some((entry) => /^\d+$/.test(entry) && isLivingMember(entry, group));
  } catch {
    return true; // no file descriptor left to look; whoever waits for its end has a limit
  }
}

function isLivingMember(pid: string, group: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return false; // it ended meanwhile
  }
  // "pid (any name) state parent group …"
  const [state, , memberOf] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
  return Number(memberOf) === group && state !== "Z" && state !== "X";
}
