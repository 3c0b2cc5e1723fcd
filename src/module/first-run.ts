/**
 * The script that a package wants run once before its module starts. A marker beside the executable's folder remembers that it succeeded;
 * in it stands what succeeded, so that a changed script runs again. An empty marker, as other supervisors write it, counts as success.
 * The store remembers it as well: it tells for what script an empty marker stands, and stands in for one that cannot be written.
 */
import { createHash } from "node:crypto";
import { access, constants, open, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../base/clock.js";
import { messageOf, PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import { isJsonObject } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import { ManagedProcess } from "../process/managed-process.js";
import { describeEnd, type ProcessEnd } from "../process/process-end.js";
import { type PackageMeta, pathInPackage, readPackageMeta } from "./package-meta.js";

/** What succeeded last of each module. */
export interface FirstRunRecords {
  find(module: string): { readonly version: string; readonly scriptSha256: string } | undefined;
  /** Durable when it returns. */
  record(run: { readonly module: string; readonly version: string; readonly scriptSha256: string }): void;
}

export interface FirstRunInput {
  readonly module: string;
  /** The executable that is to be started afterwards. */
  readonly executable: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limit: Millis;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborting kills the script. */
  readonly signal: AbortSignal;
  /** Of the script's process. */
  readonly mark: string;
  /** What it prints, besides to the log. */
  readonly onLine: (line: string) => void;
  readonly records?: () => Promise<FirstRunRecords>;
  /** Called when there is something to run. */
  readonly onStart: () => void;
}

interface Script {
  readonly file: string;
  /** What the marker has to say for the script to count as done. */
  readonly record: { readonly version: string; readonly sha256: string };
}

/** Runs the script if there is one that did not succeed before. Rejects with FIRST_RUN_FAILED. */
export async function firstRun(input: FirstRunInput): Promise<void> {
  const marker = `${path.dirname(input.executable)}.first_run_succeeded`;
  const script = await findScript(input);
  if (script === undefined || (await isDone(marker, script, input))) return;
  input.onStart();
  input.logger.info({ script: script.file, version: script.record.version }, "first run started");
  const startedAt = input.clock.now();
  await runScript(input, script);
  const took = (input.clock.now() - startedAt) as Millis; // a difference of two instants
  await writeMarker(marker, script, input.logger);
  await keepRecord(script, input);
  // Last: what the log says is on the disk.
  input.logger.info({ script: script.file, version: script.record.version, took: formatGoDuration(took) }, "first run succeeded");
}

async function keepRecord({ record }: Script, { module, records, logger }: FirstRunInput): Promise<void> {
  try {
    (await records?.())?.record({ module, version: record.version, scriptSha256: record.sha256 });
  } catch (error) {
    logger.warn({ error: messageOf(error) }, "record of the first run not written");
  }
}

async function findScript({ module, executable, root, logger }: FirstRunInput): Promise<Script | undefined> {
  const folders = new Set([root, path.dirname(executable)]);
  let meta: PackageMeta | undefined;
  for (const folder of folders) meta ??= await readPackageMeta(folder);
  if (meta?.firstRun === undefined) return undefined;
  const file = pathInPackage(meta.folder, meta.firstRun);
  if (file === undefined || !(await isReallyInside(meta.folder, file))) {
    logger.error({ first_run: meta.firstRun, package: meta.folder }, "first run left out: its script lies outside of the package");
    return undefined;
  }
  return { file, record: { version: meta.version ?? "", sha256: await hashOf(module, file, meta) } };
}

/** A link must not lead out either. One that leads nowhere is told when it is read. */
async function isReallyInside(folder: string, file: string): Promise<boolean> {
  try {
    const [root, target] = await Promise.all([realpath(folder), realpath(file)]);
    return target.startsWith(`${root}${path.sep}`);
  } catch {
    return true; // it is not there, which is told when it is read
  }
}

async function hashOf(module: string, file: string, meta: PackageMeta): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch (cause) {
    const text = `module "${module}": meta.json in ${meta.folder} names the first_run script ${file}, which cannot be read: ${messageOf(cause)}`;
    throw new PinionError("FIRST_RUN_FAILED", text, { cause });
  }
}

async function isDone(marker: string, script: Script, input: FirstRunInput): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(marker, "utf8");
  } catch (error) {
    // Documented: whatever keeps the marker from being read, it being there counts.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) return true;
    // Taken away, it asks for another run; but where it cannot be written it never was there.
    return !(await canWriteIn(path.dirname(marker))) && (await recordOf(input, script)) === "same";
  }
  if (text === "" && (await recordOf(input, script)) === "another") return false;
  try {
    const record: unknown = JSON.parse(text);
    return !isJsonObject(record) || (record["sha256"] === script.record.sha256 && record["version"] === script.record.version);
  } catch {
    return true; // empty, or of another supervisor
  }
}

/** What the store says has succeeded: this script, another one, or none. */
async function recordOf({ module, records }: FirstRunInput, { record }: Script): Promise<"same" | "another" | "none"> {
  const known = (await records?.())?.find(module);
  if (known === undefined) return "none";
  return known.version === record.version && known.scriptSha256 === record.sha256 ? "same" : "another";
}

async function canWriteIn(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false; // a read-only file system, or somebody else's folder
  }
}

async function runScript(input: FirstRunInput, script: Script): Promise<void> {
  const { module, root, env, limit, clock, logger, signal, mark, onLine } = input;
  let hasTimedOut = false;
  const end = await new Promise<ProcessEnd>((resolve) => {
    const child = new ManagedProcess({ command: script.file, args: [], env, cwd: root, mark }, clock, {
      onLine: (stream, line) => {
        onLine(line);
        if (stream === "stdout") logger.info({}, line);
        else logger.warn({}, line);
      },
      onEnd: (ended) => {
        timer.cancel();
        signal.removeEventListener("abort", kill);
        resolve(ended);
      },
    });
    const kill = (): void => child.kill();
    const timer = clock.after(limit, () => {
      hasTimedOut = true;
      child.kill();
    });
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    else child.start();
  });
  signal.throwIfAborted();
  if (end.kind === "exited" && end.code === 0) return;
  const what = hasTimedOut ? `did not end within ${formatGoDuration(limit)} and was killed with its group` : describeEnd(end);
  throw new PinionError("FIRST_RUN_FAILED", `the first_run script ${script.file} of module "${module}" ${what}`);
}

/** On the disk for good, folder entry included, before the module starts. Failing is only told: the script then runs again next time. */
async function writeMarker(marker: string, script: Script, logger: Logger): Promise<void> {
  try {
    const file = await open(marker, "w");
    try {
      await file.writeFile(`${JSON.stringify(script.record)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    const folder = await open(path.dirname(marker), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    logger.error({ marker, error: messageOf(error) }, "marker of the first run not written");
  }
}
