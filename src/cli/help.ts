/** Help texts. */
import type { Command, CommandOption } from "./command.js";
import type { CommandEntry } from "./commands.js";

export function formatOverview(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "pinion hosts a robot's modules and serves its resources.",
    "",
    "usage: pinion COMMAND [OPTIONS]",
    "",
    ...lines,
    "",
    "`pinion help COMMAND` tells more; `pinion --version` prints the version.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon answers.",
    "Environment: VIAM_HOME (default ~/.viam) is where the daemon keeps its files and its socket; NO_COLOR turns colours off.",
    "",
  ].join("\n");
}

export function formatHelp({ name, summary, usage, options, details }: Command): string {
  const synopsis = ["pinion", name, ...(options.length > 0 ? ["[OPTIONS]"] : []), ...(usage === "" ? [] : [usage])].join(" ");
  const rows = options.map((option) => [flagOf(option), describe(option)] as const);
  const width = Math.max(0, ...rows.map(([flag]) => flag.length));
  return [
    `${name}: ${summary}`,
    "",
    `usage: ${synopsis}`,
    ...(rows.length > 0 ? ["", ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`)] : []),
    ...(details === undefined ? [] : ["", details.trim()]),
    "",
  ].join("\n");
}

function flagOf({ name, short, value }: CommandOption): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function describe({ summary, choices }: CommandOption): string {
  return choices === undefined ? summary : `${summary} (${choices.join(", ")})`;
}
