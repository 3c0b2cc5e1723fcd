/** Problems of a config as lines that editors understand. */
import type { Style } from "./style.js";

export interface PrintedProblem {
  /** JSON path; empty for the whole text. */
  readonly path: string;
  readonly message: string;
  readonly severity: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly column: number;
}

/** `FILE:3:12: error: components[2].attributes.pin: expected …`; each part only where it is known. */
export function formatProblem({ path, message, severity, line, column }: PrintedProblem, style: Style, file?: string): string {
  const place = [...(file === undefined ? [] : [file]), ...(line > 0 ? [String(line), String(column)] : [])].join(":");
  const kind = severity === "error" ? style.red("error") : style.yellow(severity);
  return [...(place === "" ? [] : [place]), kind, ...(path === "" ? [] : [path]), message].join(": ");
}

export function countProblems(problems: readonly { readonly severity: string }[]): { readonly errors: number; readonly text: string } {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const parts = [...(errors > 0 ? [plural(errors, "error")] : []), ...(warnings > 0 ? [plural(warnings, "warning")] : [])];
  return { errors, text: parts.join(", ") };
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
