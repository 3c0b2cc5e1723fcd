/** Who listens on a TCP port of this host, for error messages. Linux only; elsewhere, and for other users' processes, nobody knows. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTENING = "0A";

/** For example `"node" (pid 4711)`. */
export function portOwner(port: number): string | undefined {
  try {
    const inodes = new Set([...listeningInodes("/proc/net/tcp", port), ...listeningInodes("/proc/net/tcp6", port)]);
    return inodes.size === 0 ? undefined : ownerOf(inodes);
  } catch {
    return undefined; // no /proc: the message does without
  }
}

function listeningInodes(file: string, port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const found: string[] = [];
  for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const inode = columns[9];
    if (columns[3] === LISTENING && columns[1]?.endsWith(wanted) === true && inode !== undefined) found.push(inode);
  }
  return found;
}

function ownerOf(inodes: ReadonlySet<string>): string | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) return `"${readFileSync(`/proc/${pid}/comm`, "utf8").trim()}" (pid ${pid})`;
      }
    } catch {} // ended meanwhile, or another user's: the next one
  }
  return undefined;
}
