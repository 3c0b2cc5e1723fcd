/** Boots the virtual board, runs one command in it, and leaves nothing of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/base/package-root.js";
import type { Kernel } from "./kernel.js";

export interface BootOptions {
  readonly kernel: Kernel;
  /** For `/bin/sh`, in the folder that this process is in; the board has been set up, unless there is a `system`. */
  readonly command: string;
  /** Milliseconds after which everything is killed. */
  readonly limit: number;
  /** Left out: the host's files are the root, and nothing runs but the command. Else what runs it, in a root and environment of its own. */
  readonly system?: {
    /** A script: the kernel's first process. */
    readonly init: string;
    /** Puts more into the work folder. */
    readonly prepare: (work: string) => void;
  };
  /** What the command prints, as it prints it. */
  readonly onOutput: (text: string) => void;
}

export interface BootResult {
  /** The command's; undefined when the board did not come to its end. */
  readonly exitCode: number | undefined;
  /** Why there is none. */
  readonly failure: string | undefined;
}

const UP = /^== the virtual board (is up|could not).*\n/m;
const DONE = "== the virtual board is done\n";

export async function runOnBoard(options: BootOptions): Promise<BootResult> {
  const work = mkdtempSync(path.join(os.tmpdir(), "pinion-board-"));
  mkdirSync(path.join(work, "top"));
  writeFileSync(path.join(work, "command.sh"), options.system === undefined ? commandFile(options) : options.command);
  options.system?.prepare(work);
  const { child, close } = await start(options, work);
  const stop = (): void => killGroup(child);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (): void => {
    stop();
    rmSync(work, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of signals) process.once(signal, onSignal);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, options.limit);
  try {
    const said = collect(child, options.onOutput);
    await once(child, "close");
    const file = path.join(work, "exit");
    if (existsSync(file)) return { exitCode: Number(readFileSync(file, "utf8")), failure: undefined };
    const why = isLate ? `it was not done after ${options.limit / 1000} s and was killed` : "its kernel ended by itself";
    return { exitCode: undefined, failure: `the virtual board: ${why}\n${said().slice(-4000)}` };
  } finally {
    clearTimeout(timer);
    for (const signal of signals) process.off(signal, onSignal);
    stop();
    close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Ports S0 and S1 are the two ends of one cable, as if of two machines. */
async function start({ kernel, system }: BootOptions, work: string): Promise<{ child: ChildProcess; close: () => void }> {
  const cable = await Promise.all(["there", "back"].map((name) => fifo(path.join(work, name))));
  // The command line of a kernel has no way to quote a path with a space in it; the folder for temporary files has none.
  const [init, tree] = [path.join(work, "init.sh"), path.join(work, "board.dtb")];
  copyFileSync(system?.init ?? path.join(packageRoot(), "hardware-tests", "board", "guest-init.sh"), init);
  copyFileSync(kernel.deviceTree, tree);
  const args = [
    "mem=1536M",
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    `init=${init}`,
    `dtb=${tree}`,
    "con=null",
    "con0=null,fd:1",
    "ssl=null",
    "ssl0=fd:3,fd:4",
    "ssl1=fd:4,fd:3",
    "quiet",
    "panic=-1",
    `PINION_BOARD_WORK=${work}`,
    ...(system === undefined ? [] : ["systemd.unit=multi-user.target", "systemd.show_status=0", "systemd.unified_cgroup_hierarchy=1"]),
  ];
  const child = spawn(kernel.program, args, {
    cwd: work,
    // Its memory is a file in there.
    env: { ...process.env, TMPDIR: os.tmpdir() },
    stdio: ["ignore", "pipe", "pipe", ...cable],
    detached: true,
  });
  return { child, close: () => cable.forEach(closeSync) };
}

async function fifo(file: string): Promise<number> {
  await once(spawn("mkfifo", [file]), "exit");
  return openSync(file, constants.O_RDWR);
}

/** Hands on, line by line, what comes between the board's start and its end; what the kernel said before is kept for failures too. */
function collect(child: ChildProcess, onOutput: (text: string) => void): () => string {
  let all = "";
  let handedOn: number | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      // The console is a terminal.
      all += chunk.replaceAll("\r", "");
      handedOn ??= UP.exec(all)?.index;
      if (handedOn === undefined) return;
      const done = all.indexOf(DONE, handedOn);
      const end = done === -1 ? all.lastIndexOf("\n") + 1 : done;
      if (end <= handedOn) return;
      onOutput(all.slice(handedOn, end));
      handedOn = done === -1 ? end : Number.POSITIVE_INFINITY;
    });
  }
  return () => all;
}

function commandFile({ command, kernel }: BootOptions): string {
  const env = { ...process.env, ...guestEnv(kernel) };
  const kept = Object.entries(env).filter(
    ([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^(NODE_TEST_CONTEXT|NODE_OPTIONS|TMPDIR|PWD|OLDPWD|SHLVL)$/.test(name),
  );
  const exports = kept.map(([name, value]) => `export ${name}=${quoted(value ?? "")}`);
  const setUp = `${quoted(process.execPath)} ${quoted(path.join(import.meta.dirname, "set-up.js"))} || exit 96`;
  return `${exports.join("\n")}\ncd ${quoted(process.cwd())}\n${setUp}\n${command}\n`;
}

function guestEnv(kernel: Kernel): Record<string, string> {
  return { PINION_BOARD_STUB: kernel.stub, PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
}

/** For `/bin/sh`. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A User-Mode Linux is a family of processes: one for each of the guest's address spaces. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All gone.
  }
}
