/** `pinion validate`: checks a config file without a daemon. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { isPinionError, messageOf } from "../base/errors.js";
import { locateProblem } from "../config/locate.js";
import { parseConfig } from "../config/parse-config.js";
import { CliError, type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { HOME_OPTION, homeOf } from "./home.js";
import { countProblems, formatProblem, type PrintedProblem } from "./problem.js";
import { styleOf } from "./style.js";

export const validateCommand: Command = {
  name: "validate",
  summary: "check a config file",
  usage: "FILE",
  positionals: { min: 1, max: 1 },
  completes: "file",
  options: [{ name: "json", summary: "print the problems as a JSON array" }, HOME_OPTION],
  details: `
Prints FILE:LINE:COLUMN, the place in the config and what is wrong with it. Exits 1 when there is an error; warnings alone exit 0.
No daemon is needed. FILE may be "-" for standard input.`,
  async run(line, ports) {
    const [file = ""] = line.positionals;
    const text = file === "-" ? await ports.readInput() : readText(path.resolve(ports.cwd, file), file);
    const problems = problemsOf(text, line, ports);
    const { errors, text: count } = countProblems(problems);
    if (line.flag("json")) {
      ports.out.write(`${JSON.stringify(problems, null, 2)}\n`);
    } else {
      const style = styleOf(ports);
      for (const problem of problems) ports.out.write(`${formatProblem(problem, style, file)}\n`);
      ports.out.write(`${file}: ${count === "" ? "no problems" : count}\n`);
    }
    return errors > 0 ? ExitCode.FAILURE : ExitCode.OK;
  },
};

function problemsOf(text: string, line: CommandLine, ports: CliPorts): readonly PrintedProblem[] {
  const context = { env: ports.env, home: homeOf(line, ports), userHome: ports.userHome, fileExists: existsSync };
  try {
    return parseConfig(text, context).problems.map((problem) => ({ ...problem, ...placeOf(text, problem.path) }));
  } catch (error) {
    if (!isPinionError(error, "CONFIG_INVALID")) throw error;
    // No JSON at all; the message itself says where.
    return [{ path: "", message: error.message, severity: "error", line: 0, column: 0 }];
  }
}

function placeOf(text: string, problemPath: string): { readonly line: number; readonly column: number } {
  const place = problemPath === "" ? undefined : locateProblem(text, problemPath);
  return place === undefined ? { line: 0, column: 0 } : { line: place.line, column: place.column };
}

function readText(file: string, shown: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(ExitCode.FAILURE, `cannot read ${shown}: ${messageOf(error)}`, { cause: error });
  }
}
