/** The kernel's files in /sys: small texts, written and read in one go. A port, so that tests can play the kernel. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeSync,
} from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";

export interface SysFiles {
  /** Without the line break at the end. */
  read(file: string): string;
  /** Never creates a file. Fails with the error of the kernel, code and all. */
  write(file: string, text: string): void;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): readonly string[];
  exists(file: string): boolean;
  isWritable(file: string): boolean;
}

export const sysFiles: SysFiles = {
  read: (file) => readFileSync(file, "utf8").trim(),
  write(file, text) {
    const descriptor = openSync(file, constants.O_WRONLY);
    try {
      writeSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return []; // a kernel without this class of devices
    }
  },
  exists: existsSync,
  isWritable(file) {
    try {
      accessSync(file, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/** The last part of what a link points to; undefined when there is none. */
export function linkName(file: string): string | undefined {
  try {
    return path.basename(readlinkSync(file));
  } catch {
    return undefined;
  }
}

/** Calls `isThere` until it is true, at most `limit` milliseconds. Blocks: only for the moments that udev needs after an export. */
export function waitShortly(isThere: () => boolean, limit: number): boolean {
  const end = performance.now() + limit;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!isThere()) {
    if (performance.now() > end) return false;
    Atomics.wait(cell, 0, 0, 2);
  }
  return true;
}

/** How long the files of a new folder may take to appear, and udev to open them to their group. */
const EXPORT_LIMIT = 500;

/** Waits until these files of a folder that was just exported can be written. The first that still cannot; undefined when all can. */
export function closedAfterExport(files: SysFiles, folder: string, names: readonly string[]): string | undefined {
  const needed = names.map((name) => path.join(folder, name));
  const firstClosed = (): string | undefined => needed.find((file) => !files.isWritable(file));
  return waitShortly(() => firstClosed() === undefined, EXPORT_LIMIT) ? undefined : firstClosed();
}

export interface Who {
  readonly isRoot: boolean;
  readonly name: string;
}

/** What to do about a file that must not be opened: the group that may, and the command. */
export function permissionAdvice(file: string, who: Who = whoami(), groupsFile = "/etc/group"): string {
  if (who.isRoot) return `${file} is closed even to root; a container must be given the device`;
  const group = openGroup(file, groupsFile);
  if (group === undefined) return `${file} is open to root only: run as root, or give it to a group with a udev rule`;
  return `${file} is open to group "${group}": run "sudo usermod -aG ${group} ${who.name}" and log in again (a service: restart it)`;
}

function whoami(): Who {
  try {
    return { isRoot: process.getuid?.() === 0, name: userInfo().username };
  } catch {
    return { isRoot: false, name: "USER" }; // a user number without a name
  }
}

/** Undefined when it is root's, or may not open it either. */
function openGroup(file: string, groupsFile: string): string | undefined {
  try {
    const { gid, mode } = statSync(file);
    return (mode & 0o020) !== 0 && gid !== 0 ? groupName(gid, groupsFile) : undefined;
  } catch {
    return undefined; // gone
  }
}

function groupName(gid: number, groupsFile: string): string {
  try {
    const line = readFileSync(groupsFile, "utf8")
      .split("\n")
      .find((entry) => entry.split(":")[2] === String(gid));
    return line?.split(":")[0] ?? String(gid);
  } catch {
    return String(gid);
  }
}
