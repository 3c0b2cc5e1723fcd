/**
 * A serial port of the kernel's whose other end the test holds: a pseudo-terminal, opened by a small Python program because Node.js cannot, behind a link
 * with a name of its own that can be pulled out and plugged in again.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { tempFolder } from "../../support/temp-folder.js";

export interface PtyPair {
  /** Where the port is, while it is plugged in. */
  readonly path: string;
  /** All that was written to the port so far. */
  readonly received: Buffer;
  /** Sends to the port. */
  send(bytes: Uint8Array | string): void;
  /** Sees what is written to the port; returns what ends it. Stays across `unplug` and `plug`. */
  onData(listener: (bytes: Buffer) => void): () => void;
  /** The device goes away, with its file; `last`: sent just before. */
  unplug(last?: Uint8Array | string): Promise<void>;
  /** It comes back: a new terminal behind the same path. */
  plug(): Promise<void>;
}

// The port's end is kept open here too: without anybody there, reading the other end fails.
const PROGRAM = `
import os, select, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
os.write(1, (os.ttyname(slave) + "\\n").encode())
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready:
        os.write(1, os.read(master, 65536))
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            os._exit(0)
        while data:
            data = data[os.write(master, data):]
`;

/** A reason to skip, where there is no python3. */
export function skipWithoutPty(): string | false {
  return spawnSync("python3", ["-c", "import os, tty; os.openpty()"], { stdio: "ignore" }).status === 0
    ? false
    : "needs python3 with pty support";
}

/** `file`: the link's path; left out: in a folder of the test's. */
export async function ptyPair(t: TestContext, file: string = path.join(tempFolder(t), "ttyUSB0")): Promise<PtyPair> {
  const received: Buffer[] = [];
  const listeners = new Set<(bytes: Buffer) => void>();
  let child: ChildProcess | undefined;

  const plug = async (): Promise<void> => {
    if (child !== undefined) throw new Error(`${file} is plugged in already`);
    const started = spawn("python3", ["-c", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
    started.stdin.on("error", () => undefined); // it was ended while something was on its way
    const device = await firstLine(started);
    started.stdout.on("data", (bytes: Buffer) => {
      received.push(bytes);
      for (const listener of [...listeners]) listener(bytes);
    });
    child = started;
    symlinkSync(device, file);
  };
  const unplug = async (last?: Uint8Array | string): Promise<void> => {
    const leaving = child;
    if (leaving === undefined) return;
    child = undefined;
    rmSync(file, { force: true });
    const gone = once(leaving, "exit");
    leaving.stdin?.end(last ?? "");
    if (last === undefined) leaving.kill("SIGKILL");
    await gone;
  };

  await plug();
  t.after(() => unplug());
  return {
    path: file,
    get received() {
      return Buffer.concat(received);
    },
    send: (bytes) => void child?.stdin?.write(bytes),
    onData(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    unplug,
    plug,
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error("expected a pipe");
  let text = "";
  while (!text.includes("\n")) {
    const chunk: Buffer | null = stdout.read();
    if (chunk === null) await once(stdout, "readable", { signal: AbortSignal.timeout(10_000) });
    else text += chunk.toString();
  }
  return text.trim();
}
