/** Puts a new text in the place of a file so that after a power cut there is the old one or the new one, whole. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";

export interface ReplaceFileOptions {
  /** Of a file that is not there yet; an existing file keeps its mode. */
  readonly mode?: number;
}

/** On the disk for good when it returns. A link stays: what it leads to is replaced. Throws the system's errors and leaves nothing behind. */
export function replaceFile(file: string, text: string, { mode = 0o600 }: ReplaceFileOptions = {}): void {
  const target = targetOf(file);
  const folder = path.dirname(target);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = statSync(target, { throwIfNoEntry: false });
  const temporary = path.join(folder, `.${path.basename(target)}.${process.pid}.new`);
  try {
    const fd = openSync(temporary, "w", before === undefined ? mode : before.mode & 0o777);
    try {
      writeAll(fd, Buffer.from(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (before !== undefined) keepOwner(temporary, before);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // it is not there yet
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function keepOwner(file: string, { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number }): void {
  chmodSync(file, mode & 0o777);
  try {
    chownSync(file, uid, gid);
  } catch {
    // Only root may give files away; ours can be read by us in any case.
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
