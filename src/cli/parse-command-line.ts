/** Options and arguments of one command, by node:util's parseArgs, with errors that name the command. */
import { parseArgs } from "node:util";
import { messageOf } from "../base/errors.js";
import { CliError, type Command, type CommandLine, type CommandOption, ExitCode } from "./command.js";

export function parseCommandLine(command: Command, args: readonly string[]): CommandLine {
  const { values, positionals } = parse(command, args);
  const { min, max } = command.positionals;
  if (positionals.length < min || positionals.length > max) throw usageError(command, countProblem(command, positionals));
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  for (const option of command.options) checkChoice(command, option, text(option.name));
  return { positionals, text, flag: (name) => values[name] === true };
}

type Values = Readonly<Record<string, unknown>>;

function parse(command: Command, args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const options = Object.fromEntries(
    command.options.map(({ name, short, value }) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short === undefined ? {} : { short }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values, positionals };
  } catch (error) {
    throw usageError(command, messageOf(error), error);
  }
}

function countProblem(command: Command, positionals: readonly string[]): string {
  if (command.usage === "") return `takes no arguments, got "${positionals.join(" ")}"`;
  return `expected ${command.usage}, got ${positionals.length === 0 ? "nothing" : `"${positionals.join(" ")}"`}`;
}

function checkChoice(command: Command, { name, choices }: CommandOption, value: string | undefined): void {
  if (choices === undefined || value === undefined || choices.includes(value)) return;
  throw usageError(command, `--${name}: expected ${choices.join(", ")}, got "${value}"`);
}

export function usageError({ name }: Command, message: string, cause?: unknown): CliError {
  return new CliError(ExitCode.USAGE, `${name}: ${message}; see \`pinion help ${name}\``, { cause });
}
