/** A Debian with systemd for the virtual board: a folder in the user's cache, made once by mmdebstrap. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const SUITE = "bookworm";
const PACKAGES: readonly string[] = ["systemd", "systemd-sysv", "dbus", "udev", "kmod", "libstdc++6"];
const LEFT_OUT: readonly string[] = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

/** Why it cannot be made here; undefined when it can, or is there. */
export function whyNoSystem(): string | undefined {
  // Files belong to whom they belong in the system, and hostfs shows owners as they are.
  if (process.getuid?.() !== 0) return "the folder with the system's files is made as root: sudo npm run test:systemd";
  if (existsSync(folder())) return undefined;
  return ["/usr/bin/mmdebstrap", "/usr/local/bin/mmdebstrap"].some(existsSync)
    ? undefined
    : "apt-get install mmdebstrap, then npm run test:systemd";
}

export async function prepareSystem(say: (line: string) => void): Promise<string> {
  const target = folder();
  if (existsSync(target)) return target;
  mkdirSync(path.dirname(target), { recursive: true });
  const work = mkdtempSync(path.join(path.dirname(target), "build-"));
  try {
    say("making a Debian with systemd: about a minute, 180 MB");
    const ready = path.join(work, "root");
    const options = LEFT_OUT.map((pattern) => `--dpkgopt=path-exclude=${pattern}`);
    // The user that apt downloads as may not get into the cache's folder.
    options.push('--aptopt=APT::Sandbox::User "root"');
    await run("mmdebstrap", "--quiet", "--variant=minbase", `--include=${PACKAGES.join(",")}`, ...options, SUITE, ready);
    // Another run may have been first.
    if (!existsSync(target)) renameSync(ready, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

function folder(): string {
  const key = createHash("sha256")
    .update([SUITE, ...PACKAGES, ...LEFT_OUT].join("\0"))
    .digest("hex");
  return path.join(
    process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"),
    "pinion",
    "board",
    `root-${SUITE}-${key.slice(0, 12)}`,
  );
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${errors.slice(-3000)}`);
}
