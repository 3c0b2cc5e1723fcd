/** Colours, unless the terminal or the user says no. */
import type { CliPorts } from "./command.js";

export interface Style {
  readonly isColored: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** NO_COLOR and FORCE_COLOR count when they are not empty (no-color.org). */
export function styleOf({ env, isTty }: Pick<CliPorts, "env" | "isTty">): Style {
  const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  const isColored = (env["NO_COLOR"] ?? "") === "" && (isForced || (isTty && env["TERM"] !== "dumb"));
  const paint =
    (code: number) =>
    (text: string): string =>
      isColored && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { isColored, bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}
