/** /sys in a temporary folder: plain files, what is written to them recorded, a test in the kernel's place. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { SystemError } from "../../../src/hardware/gpio/character-device/kernel.js";
import type { Roots } from "../../../src/hardware/roots.js";
import { type SysFiles, sysFiles } from "../../../src/hardware/sys-files.js";
import { tempFolder } from "../../support/temp-folder.js";

export class RecordedFiles implements SysFiles {
  readonly root: string;
  readonly roots: Roots;
  /** `class/gpio/export=512`, oldest first. */
  readonly writes: string[] = [];
  /** What the kernel does about a write; it returns the code of an error to refuse it. */
  onWrite: ((file: string, text: string) => string | undefined) | undefined;
  /** Files that may not be written, relative. */
  readonly closed: Set<string> = new Set();

  constructor(t: TestContext) {
    this.root = tempFolder(t);
    this.roots = { sys: this.root, dev: path.join(this.root, "dev"), proc: path.join(this.root, "proc") };
  }

  /** Files with their texts, paths relative. */
  put(files: Readonly<Record<string, string | number>>): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
      writeFileSync(path.join(this.root, file), `${text}\n`);
    }
  }

  link(file: string, target: string): void {
    mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    symlinkSync(target, path.join(this.root, file));
  }

  read(file: string): string {
    return sysFiles.read(file);
  }

  text(file: string): string {
    return readFileSync(path.join(this.root, file), "utf8").trim();
  }

  write(file: string, text: string): void {
    const relative = path.relative(this.root, file);
    this.writes.push(`${relative}=${text}`);
    if (this.closed.has(relative)) throw new SystemError("EACCES", relative);
    if (!existsSync(file)) throw new SystemError("ENOENT", relative);
    const code = this.onWrite?.(relative, text);
    if (code !== undefined) throw new SystemError(code, "write");
    writeFileSync(file, `${text}\n`);
  }

  list(folder: string): readonly string[] {
    return sysFiles.list(folder);
  }

  exists(file: string): boolean {
    return sysFiles.exists(file);
  }

  isWritable(file: string): boolean {
    return existsSync(file) && !this.closed.has(path.relative(this.root, file));
  }
}
