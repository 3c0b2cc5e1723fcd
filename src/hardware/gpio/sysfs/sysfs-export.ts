/** Puts lines into /sys/class/gpio and takes them out again. */
import path from "node:path";
import { messageOf, PinionError, systemCode } from "../../../base/errors.js";
import { closedAfterExport, permissionAdvice, type SysFiles } from "../../sys-files.js";
import type { LineAddress } from "../gpio.js";
import { describeLine, lineBusy } from "../gpio-errors.js";

export interface ExportedLine {
  readonly folder: string;
  /** Whether the folder is `gpioN`. */
  readonly isNumbered: boolean;
}

/** `root`: /sys/class/gpio. A line that is exported already is taken over: whoever left it there may be dead, sysfs does not say. */
export function exportLine(files: SysFiles, root: string, line: LineAddress, number: number): ExportedLine {
  const numbered = `gpio${number}`;
  const before = files.list(root);
  const name = before.includes(numbered) ? numbered : newFolder(writeExport(files, root, line, number), files.list(root), numbered);
  if (name === undefined) {
    throw new PinionError("GPIO_FAILED", `GPIO ${describeLine(line)}: exported as ${number}, but no folder for it appeared in ${root}`);
  }
  const folder = path.join(root, name);
  const closed = closedAfterExport(files, folder, ["value", "direction", "active_low"]);
  if (closed !== undefined) {
    if (!files.exists(closed)) {
      throw new PinionError("GPIO_UNSUPPORTED", `GPIO ${describeLine(line)}: the kernel offers no ${path.basename(closed)} for it`);
    }
    throw new PinionError("GPIO_PERMISSION", `GPIO ${describeLine(line)}: ${permissionAdvice(closed)}`);
  }
  return { folder, isNumbered: name === numbered };
}

export function unexportLine(files: SysFiles, root: string, number: number): void {
  try {
    files.write(path.join(root, "unexport"), String(number));
  } catch {
    // Somebody else did, or the chip is gone: it is not ours any more, which was wanted.
  }
}

/** What there was before it worked. */
function writeExport(files: SysFiles, root: string, line: LineAddress, number: number): readonly string[] {
  const file = path.join(root, "export");
  const before = files.list(root);
  try {
    files.write(file, String(number));
    return before;
  } catch (error) {
    const without = systemCode(error) === "EBUSY" ? exportAgain(files, root, number) : undefined;
    if (without === undefined) throw refusal(file, line, error);
    return without;
  }
}

/** Busy may mean exported under the line's name by a process that is dead: then it can be unexported. */
function exportAgain(files: SysFiles, root: string, number: number): readonly string[] | undefined {
  try {
    files.write(path.join(root, "unexport"), String(number));
    const before = files.list(root);
    files.write(path.join(root, "export"), String(number));
    return before;
  } catch {
    return undefined; // the kernel or the character device has it
  }
}

function refusal(file: string, line: LineAddress, cause: unknown): PinionError {
  const what = `GPIO ${describeLine(line)}`;
  switch (systemCode(cause)) {
    case "EBUSY":
      return lineBusy(line, "", cause);
    case "EACCES":
    case "EPERM":
      return new PinionError("GPIO_PERMISSION", `${what}: ${permissionAdvice(file)}`, { cause });
    case "EINVAL":
      return new PinionError("GPIO_UNSUPPORTED", `${what}: the kernel does not give this line to programs`, { cause });
    default:
      return new PinionError("GPIO_FAILED", `${what}: cannot be exported: ${messageOf(cause)}`, { cause });
  }
}

function newFolder(before: readonly string[], after: readonly string[], numbered: string): string | undefined {
  if (after.includes(numbered)) return numbered;
  const added = after.filter((name) => !before.includes(name));
  return added.length === 1 ? added[0] : undefined;
}
