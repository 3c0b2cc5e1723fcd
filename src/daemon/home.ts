/** The folders of one supervisor: its home, and the private folder of its sockets. */
import { chmodSync, mkdirSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
}

/** Where socket folders are made: the first that will do. */
export function socketBases(env: Env): readonly string[] {
  const folders = [env["RUNTIME_DIRECTORY"], env["XDG_RUNTIME_DIR"], os.tmpdir(), "/tmp"];
  return folders.flatMap((folder) => (folder === undefined || folder === "" ? [] : [folder]));
}

/** A fresh folder that only we can enter, on a short path: a socket's path may be 103 bytes long. */
export function makeSocketFolder(env: Env): string {
  const base = socketBases(env).find((folder) => folder.length < 50 && canMakeIn(folder));
  // The pid tells whose it was, should we be killed before anything is in it.
  const folder = mkdtempSync(path.join(base ?? os.tmpdir(), `pinion-${process.pid}-`));
  chmodSync(folder, 0o700);
  return folder;
}

function canMakeIn(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    return true;
  } catch {
    return false; // the next candidate is tried
  }
}
