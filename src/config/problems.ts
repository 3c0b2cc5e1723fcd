/** Collects what is wrong with a config, so that everything is told at once. */
import type { ConfigProblem } from "./machine-config.js";

export class Problems {
  readonly #list: ConfigProblem[] = [];

  get list(): readonly ConfigProblem[] {
    return this.#list;
  }

  error(path: string, message: string): void {
    this.#list.push({ path, message, severity: "error" });
  }

  warn(path: string, message: string): void {
    this.#list.push({ path, message, severity: "warning" });
  }

  /** A mark for errorsSince. */
  mark(): number {
    return this.#list.length;
  }

  /** The errors added after `mark`, as one text; undefined when there are none. */
  errorsSince(mark: number): string | undefined {
    const errors = this.#list.slice(mark).filter((problem) => problem.severity === "error");
    if (errors.length === 0) return undefined;
    return errors.map((problem) => `${problem.path}: ${problem.message}`).join("; ");
  }
}
