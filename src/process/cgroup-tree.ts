/**
 * Limits for processes through the kernel's resource control (cgroup v2). Needs a part of the tree that is ours: as root, or in a service
 * with Delegate=yes. Where it is not, it says why, and nothing is limited.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../base/errors.js";
import type { ProcessCgroup } from "./managed-process.js";

export interface CgroupLimits {
  /** In bytes. */
  readonly memory?: number;
  /** In processors: 0.5 is half of one. */
  readonly cpu?: number;
  /** Processes and threads together. */
  readonly processes?: number;
}

export interface CgroupRoots {
  readonly mount: string;
  /** The file that says where in the tree we are. */
  readonly self: string;
}

const ROOTS: CgroupRoots = { mount: "/sys/fs/cgroup", self: "/proc/self/cgroup" };
const CONTROLLERS = { memory: "memory", cpu: "cpu", processes: "pids" } as const;
const OWN_LEAF = "pinion-supervisor";
const PREFIX = "pinion-module-";
/** Microseconds: the span in which a share of the processor is counted. */
const CPU_PERIOD = 100_000;

export class CgroupTree {
  readonly #roots: CgroupRoots;
  #base: string | undefined;

  constructor(roots: CgroupRoots = ROOTS) {
    this.#roots = roots;
  }

  /** A group of its own for one process, or the reason why there is none. */
  create(name: string, limits: CgroupLimits): ProcessCgroup | string {
    const base = this.#open(limits);
    if (base.kind === "problem") return base.problem;
    const folder = path.join(base.folder, `${PREFIX}${name}`);
    try {
      remove(folder);
      mkdirSync(folder);
      writeLimits(folder, limits);
    } catch (error) {
      return `the group ${folder} could not be made: ${messageOf(error)}`;
    }
    return {
      entrance: path.join(folder, "cgroup.procs"),
      wasOutOfMemory: () => /^oom_kill [1-9]/m.test(read(path.join(folder, "memory.events"))),
      kill() {
        try {
          writeFileSync(path.join(folder, "cgroup.kill"), "1");
        } catch {
          // Kernels before 5.14 have no such file; the signal to the process group came before.
        }
        remove(folder);
      },
    };
  }

  #open(limits: CgroupLimits): { readonly kind: "base"; readonly folder: string } | { readonly kind: "problem"; readonly problem: string } {
    const needed = controllersFor(limits);
    const folder = this.#base ?? this.#ownFolder();
    if (folder === undefined) return problem(`this system has no unified resource control (cgroup v2) at ${this.#roots.mount}`);
    const offered = read(path.join(folder, "cgroup.controllers")).trim().split(" ");
    const missing = needed.filter((controller) => !offered.includes(controller));
    if (missing.length > 0) return problem(missingText(missing, folder));
    try {
      if (this.#base === undefined) {
        enter(folder, this.#roots.mount);
        for (const name of readdirSync(folder)) if (name.startsWith(PREFIX)) remove(path.join(folder, name));
      }
      writeFileSync(path.join(folder, "cgroup.subtree_control"), needed.map((controller) => `+${controller}`).join(" "));
    } catch (error) {
      return problem(`${folder} is not ours to divide (${messageOf(error)}): run pinion as root or as a service with Delegate=yes`);
    }
    this.#base = folder;
    return { kind: "base", folder };
  }

  #ownFolder(): string | undefined {
    const { mount, self } = this.#roots;
    if (!existsSync(path.join(mount, "cgroup.controllers"))) return undefined;
    const own = /^0::(\/.*)$/m.exec(read(self))?.[1];
    return own === undefined ? undefined : path.join(mount, own);
  }
}

function problem(text: string): { readonly kind: "problem"; readonly problem: string } {
  return { kind: "problem", problem: text };
}

function controllersFor(limits: CgroupLimits): readonly string[] {
  return (["memory", "cpu", "processes"] as const).flatMap((key) => (limits[key] === undefined ? [] : [CONTROLLERS[key]]));
}

function missingText(missing: readonly string[], folder: string): string {
  const hint = missing.includes("memory") ? "; on a Raspberry Pi add cgroup_enable=memory to the kernel's command line (cmdline.txt)" : "";
  return `the kernel offers no control of ${missing.join(" and ")} in ${folder}: run pinion as a service with Delegate=yes${hint}`;
}

/** A group with groups below it may hold no processes itself, but for the root: those in it move to a leaf. Only ours may be there. */
function enter(folder: string, mount: string): void {
  if (path.resolve(folder) === path.resolve(mount)) return;
  const file = path.join(folder, "cgroup.procs");
  const pids = read(file)
    .split("\n")
    .filter((pid) => pid !== "");
  const ours = pids.filter((pid) => isOurs(Number(pid)));
  if (ours.length < pids.length) throw new Error("processes that are not pinion's run in it");
  const leaf = path.join(folder, OWN_LEAF);
  mkdirSync(leaf, { recursive: true });
  for (const pid of ours) writeFileSync(path.join(leaf, "cgroup.procs"), pid);
}

function isOurs(pid: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === process.pid) return true;
  return false;
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ", 2)[1] ?? 0);
}

function writeLimits(folder: string, { memory, cpu, processes }: CgroupLimits): void {
  if (memory !== undefined) {
    writeFileSync(path.join(folder, "memory.max"), String(memory));
    // All or nothing: a module without one of its processes is worse than one that starts anew.
    writeFileSync(path.join(folder, "memory.oom.group"), "1");
  }
  if (cpu !== undefined) writeFileSync(path.join(folder, "cpu.max"), `${Math.max(1000, Math.round(cpu * CPU_PERIOD))} ${CPU_PERIOD}`);
  if (processes !== undefined) writeFileSync(path.join(folder, "pids.max"), String(processes));
}

/** One that is not empty yet is removed before its name is used again, or by the next supervisor. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // not there, or a process in it is still on its way out
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // not there
  }
}
