/** The folders of one supervisor: its home, and the private folder of its sockets. */
import { chmodSync, mkdirSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { messageOf, PinionError } from "../base/errors.js";

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
  let problem: unknown;
  for (const base of socketBases(env).filter((folder) => folder.length < 50)) {
    try {
      mkdirSync(base, { recursive: true });
      // The pid tells whose it was, should we be killed before anything is in it.
      const folder = mkdtempSync(path.join(base, `pinion-${process.pid}-`));
      chmodSync(folder, 0o700);
      return folder;
    } catch (error) {
      problem = error; // the next candidate is tried
    }
  }
  throw new PinionError(
    "LISTEN_FAILED",
    `no folder for the sockets of modules can be made: ${messageOf(problem)}; set XDG_RUNTIME_DIR to one`,
    {
      cause: problem,
    },
  );
}
