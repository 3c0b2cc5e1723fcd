/**
 * The virtual board's kernel: User-Mode Linux from Debian's own source, with the options of kernel.config. Built once and kept in the user's cache,
 * by version of the source and by all that goes into the build.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/base/package-root.js";

export interface Kernel {
  /** An ordinary program. */
  readonly program: string;
  /** The i2c-stub module. */
  readonly stub: string;
  /** What the board says it is: a device tree of a Raspberry Pi 4. */
  readonly deviceTree: string;
}

const SOURCES = "/usr/src";
/** Milliseconds after which no build is still going on. */
const ABANDONED = 2 * 3600_000;
/** What is made differently from the source: goes into the key of the cache. */
const CHANGES: readonly Change[] = [
  // Simulated lines raise their edges at the tick: each millisecond instead of each ten.
  { file: "arch/um/Kconfig", from: /(?<before>config HZ\n\s+int\n\s+default )100\n/, to: "$<before>1000\n" },
  // The processor's state as ptrace hands it out must be handed back whole: 11 kB where there is AMX, four times what is provided for.
  { file: "arch/x86/um/user-offsets.c", from: /HOST_FP_SIZE, 2696/, to: "HOST_FP_SIZE, 12288" },
  // Simulated I2C chips vanish and come back while they are used.
  { file: "drivers/i2c/i2c-stub.c", from: /(?<before>module_param_array\(chip_addr, ushort, NULL, )S_IRUGO/, to: "$<before>0644" },
];
/** Program or file, and the Debian package that has it. */
const NEEDED: readonly (readonly [string, string])[] = [
  ["gcc", "gcc"],
  ["make", "make"],
  ["flex", "flex"],
  ["bison", "bison"],
  ["bc", "bc"],
  ["xz", "xz-utils"],
  ["tar", "tar"],
];

interface Change {
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

/** Why there can be no virtual board here; undefined when there can. */
export function whyNoBoard(): string | undefined {
  if (process.platform !== "linux")
    return "the virtual board is a Linux program: on other systems use the bench (hardware-tests/README.md)";
  if (process.arch !== "x64") return "User-Mode Linux exists for x86-64 only: here, use the bench (hardware-tests/README.md)";
  return undefined;
}

/** Why `npm run SCRIPT`, which would build the kernel, cannot run here. */
export function whyNoTests(script: string): string | undefined {
  const missing = missingPackages();
  return (
    whyNoBoard() ??
    (missing.length === 0
      ? undefined
      : `the virtual board is built from source: apt-get install ${missing.join(" ")}, then npm run ${script}`)
  );
}

/** Debian packages without which it cannot be built. */
function missingPackages(): string[] {
  const folders = (process.env["PATH"] ?? "").split(":").concat("/usr/sbin", "/sbin");
  const missing = NEEDED.filter(([program]) => !folders.some((folder) => existsSync(path.join(folder, program)))).map(([, name]) => name);
  return newestSource() === undefined ? [...missing, "linux-source"] : missing;
}

/** Builds it unless it was built before. `say` gets a line now and then. */
export async function prepareKernel(say: (line: string) => void): Promise<Kernel> {
  const built = findKernel();
  if (built !== undefined) return built;
  const missing = missingPackages();
  const source = newestSource();
  if (missing.length > 0 || source === undefined) {
    throw new Error(`the kernel of the virtual board cannot be built: apt-get install ${missing.join(" ")}`);
  }
  const target = folderOf(source);
  mkdirSync(path.dirname(target), { recursive: true });
  removeAbandoned(path.dirname(target));
  const work = mkdtempSync(path.join(path.dirname(target), "build-"));
  try {
    await build(source, work, say);
    const ready = path.join(work, "ready");
    // Another run may have been first.
    if (!existsSync(target)) renameSync(ready, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kernelIn(target);
}

/** More than a gigabyte each, of builds that were killed. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith("build-"))) {
    const whole = path.join(folder, name);
    if (Date.now() - statSync(whole).mtimeMs > ABANDONED) rmSync(whole, { recursive: true, force: true });
  }
}

/** The one in the cache. */
export function findKernel(): Kernel | undefined {
  const source = newestSource();
  if (source === undefined || !existsSync(path.join(folderOf(source), "linux"))) return undefined;
  return kernelIn(folderOf(source));
}

function kernelIn(folder: string): Kernel {
  return { program: path.join(folder, "linux"), stub: path.join(folder, "i2c-stub.ko"), deviceTree: path.join(folder, "board.dtb") };
}

/** The newest of Debian's packages that are installed. */
function newestSource(): string | undefined {
  if (!existsSync(SOURCES)) return undefined;
  const version = (file: string): number => {
    const [, major, minor] = /^linux-source-(\d+)\.(\d+)\.tar\.xz$/.exec(file) ?? [];
    return Number(major) * 1000 + Number(minor);
  };
  const [newest] = readdirSync(SOURCES)
    .filter((file) => version(file) > 0)
    .toSorted((a, b) => version(b) - version(a));
  return newest === undefined ? undefined : path.join(SOURCES, newest);
}

function ownFile(name: string): string {
  return path.join(packageRoot(), "hardware-tests", "board", name);
}

function folderOf(source: string): string {
  const { size, mtimeMs } = statSync(source);
  const digest = createHash("sha256");
  digest.update([path.basename(source), size, mtimeMs, ...CHANGES.map(({ file, to }) => `${file} ${to}`)].join("\0"));
  for (const name of ["kernel.config", "board.dts"]) digest.update(readFileSync(ownFile(name)));
  const base = process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
  return path.join(
    base,
    "pinion",
    "board",
    `${path.basename(source, ".tar.xz").replace("linux-source-", "")}-${digest.digest("hex").slice(0, 12)}`,
  );
}

async function build(source: string, work: string, say: (line: string) => void): Promise<void> {
  const tree = path.join(work, "tree");
  const log = path.join(work, "log");
  const run = (program: string, ...args: readonly string[]): Promise<void> => runLogged(program, args, tree, log);
  mkdirSync(tree);
  say(`unpacking ${source}`);
  await run("tar", "-xJf", source, "--strip-components=1", "--exclude=*/Documentation/*/*", "--exclude=*/tools/testing");
  for (const change of CHANGES) applyChange(tree, change);
  say("building the kernel: 4 to 6 minutes on two free cores");
  const config = ownFile("kernel.config");
  await run("make", "ARCH=um", `KCONFIG_ALLCONFIG=${config}`, "alldefconfig");
  assertConfig(readFileSync(config, "utf8"), readFileSync(path.join(tree, ".config"), "utf8"));
  await run("make", "ARCH=um", `-j${os.availableParallelism()}`, "linux", "modules");
  await run("strip", "-o", "linux.stripped", "linux");
  await run("scripts/dtc/dtc", "-O", "dtb", "-o", "board.dtb", ownFile("board.dts"));

  const ready = path.join(work, "ready");
  mkdirSync(ready);
  copyFileSync(path.join(tree, "linux.stripped"), path.join(ready, "linux"));
  copyFileSync(path.join(tree, "drivers/i2c/i2c-stub.ko"), path.join(ready, "i2c-stub.ko"));
  copyFileSync(path.join(tree, "board.dtb"), path.join(ready, "board.dtb"));
}

/** Niced: whoever waits for the kernel may still work. */
async function runLogged(program: string, args: readonly string[], cwd: string, log: string): Promise<void> {
  const output = openSync(log, "a");
  const child = spawn("nice", ["-n", "10", program, ...args], { cwd, stdio: ["ignore", output, output] });
  const [code] = await once(child, "exit");
  if (code === 0) return;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${readFileSync(log, "utf8").slice(-3000)}`);
}

function applyChange(tree: string, { file, from, to }: Change): void {
  const whole = path.join(tree, file);
  const before = readFileSync(whole, "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} of the kernel is not what the change to it expects: ${from}`);
  writeFileSync(whole, after);
}

/** Options that another version does not know, or that miss what they depend on, are dropped by the kernel's tools without a word. */
function assertConfig(wanted: string, got: string): void {
  const lines = new Set(got.split("\n"));
  const lost = wanted.split("\n").filter((line) => line.startsWith("CONFIG_") && !lines.has(line));
  if (lost.length > 0) throw new Error(`the kernel's configuration lacks ${lost.join(", ")}: mend hardware-tests/board/kernel.config`);
}
