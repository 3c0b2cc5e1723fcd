/** The command line: finds the command, parses its options, runs it, turns errors into one line and an exit code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { isPinionError, messageOf } from "../base/errors.js";
import { packageRoot } from "../base/package-root.js";
import { CliError, type CliPorts, ExitCode } from "./command.js";
import { COMMANDS, type CommandEntry, findCommand } from "./commands.js";
import { nearest } from "./nearest.js";

/** The exit code. `argv` is what follows the program's name. */
export async function main(argv: readonly string[], ports: CliPorts): Promise<number> {
  try {
    return await dispatch(argv, ports);
  } catch (error) {
    ports.err.write(`pinion: ${messageOf(error)}\n`);
    if (error instanceof CliError) return error.exitCode;
    return isPinionError(error, "USAGE") ? ExitCode.USAGE : ExitCode.FAILURE;
  }
}

async function dispatch(argv: readonly string[], ports: CliPorts): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    ports.err.write(await overview());
    return ExitCode.USAGE;
  }
  if (name === "--version" || name === "-V") {
    ports.out.write(`pinion ${ownVersion()}\n`);
    return ExitCode.OK;
  }
  if (name === "help" || name === "--help" || name === "-h") return help(rest, ports);
  const entry = commandNamed(name);
  if (wantsHelp(rest)) return help([name], ports);
  const [command, { parseCommandLine }] = await Promise.all([entry.load(), import("./parse-command-line.js")]);
  return command.run(parseCommandLine(command, rest), ports);
}

async function help([name]: readonly string[], ports: CliPorts): Promise<number> {
  if (name === undefined) {
    ports.out.write(await overview());
    return ExitCode.OK;
  }
  const [command, { formatHelp }] = await Promise.all([commandNamed(name).load(), import("./help.js")]);
  ports.out.write(formatHelp(command));
  return ExitCode.OK;
}

async function overview(): Promise<string> {
  const { formatOverview } = await import("./help.js");
  return formatOverview(COMMANDS);
}

function commandNamed(name: string): CommandEntry {
  const entry = findCommand(name);
  if (entry !== undefined) return entry;
  const meant = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  const hint = meant === undefined ? "`pinion help` lists them" : `did you mean "${meant}"?`;
  throw new CliError(ExitCode.USAGE, `there is no command "${name}"; ${hint}`);
}

/** `--` ends the options: what follows may look like anything. */
function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** As package.json says. */
export function ownVersion(): string {
  const text = readFileSync(path.join(packageRoot(), "package.json"), "utf8");
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
}
