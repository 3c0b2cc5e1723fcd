/** `pinion config`: the journal of configs, and changes that can be taken back. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../base/errors.js";
import { formatGoDuration, parseGoDuration } from "../base/go-duration.js";
import { type Millis, millis } from "../base/millis.js";
import { type ApplyConfigResponse, ControlServiceDefinition } from "../proto/gen/pinion/control/v1/control.js";
import type { ServiceClient } from "../proto/service.js";
import { CliError, type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { formatConfigDiff, formatHistory, toHistoryJson } from "./config-report.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { nearest } from "./nearest.js";
import { usageError } from "./parse-command-line.js";
import { countProblems, formatProblem } from "./problem.js";
import { styleOf } from "./style.js";
import { whoAsks } from "./who.js";

type Control = ServiceClient<typeof ControlServiceDefinition>;

interface Action {
  /** Arguments after the action's name. */
  readonly max: number;
  readonly min: number;
  run(call: Call): Promise<number>;
}

interface Call {
  readonly control: Control;
  readonly line: CommandLine;
  readonly ports: CliPorts;
  /** Those after the action's name. */
  readonly args: readonly string[];
}

// The answer waits for the disk and, some seconds at most, for the machine to settle.
const TIMEOUT_MS = 60_000;

export const configCommand: Command = {
  name: "config",
  summary: "show, change and take back the config",
  usage: "history | show [GEN] | diff [A] [B] | apply FILE | confirm | rollback [GEN]",
  positionals: { min: 1, max: 3 },
  completes: "file",
  options: [
    {
      name: "confirm-within",
      value: "DURATION",
      summary: "apply, rollback: go back after this time unless `pinion config confirm` is called",
    },
    { name: "force", summary: "apply: also with errors; what they name goes on as it was" },
    { name: "json", summary: "history: one JSON object for each config" },
    HOME_OPTION,
  ],
  details: `
  history            the configs that were applied: when, how, by whom, what changed
  show [GEN]         the text of a generation, or of the config in force
  diff [A] [B]       what changed from A to B; without B the config in force, without A the one before it
  apply FILE         check FILE, put it in the place of the daemon's config file and make it the machine's ("-": standard input)
  confirm            keep a config that was applied with --confirm-within
  rollback [GEN]     apply an earlier generation again; without GEN the one before the config in force

With --confirm-within a change that cuts you off the machine undoes itself: unless you confirm it in time the config before comes
back, also when the supervisor is killed meanwhile. When the system itself is started anew before you confirm, the config before is
back at once. An edit of the file by hand in between settles the question: then nothing is taken back.

What the daemon takes back by itself, and what not: an edit of the file by hand is never undone because a resource or module does not
work with it; \`pinion status --why\` tells the reason. Only when the supervisor itself ends without order three times within
half a minute of its start with a new config does the next start run the last known good config instead. The file stays as it
is, \`pinion status\` and \`pinion events\` say why, and an edit or \`pinion reload\` tries the file again. A config is known to be good
when the machine came up with it, nothing that was ready before is down, and the supervisor lived on for half a minute.`,
  run(line, ports) {
    const [name = "", ...args] = line.positionals;
    const action = ACTIONS[name];
    if (action === undefined) {
      const meant = nearest(name, Object.keys(ACTIONS));
      const hint = meant === undefined ? `expected ${Object.keys(ACTIONS).join(", ")}` : `did you mean "${meant}"?`;
      throw usageError(configCommand, `there is no "${name}"; ${hint}`);
    }
    if (args.length < action.min || args.length > action.max) {
      throw usageError(configCommand, `${name}: got ${args.length === 0 ? "no argument" : `"${args.join(" ")}"`}`);
    }
    confirmWithin(line); // wrong usage is told before a daemon is looked for
    for (const arg of name === "apply" ? [] : args) generationOf(arg);
    return withDaemon(line, ports, (daemon) => action.run({ control: daemon.client(ControlServiceDefinition), line, ports, args }));
  },
};

const ACTIONS: Readonly<Record<string, Action>> = {
  history: { min: 0, max: 0, run: history },
  show: { min: 0, max: 1, run: show },
  diff: { min: 0, max: 2, run: diff },
  apply: { min: 1, max: 1, run: apply },
  confirm: { min: 0, max: 0, run: confirm },
  rollback: { min: 0, max: 1, run: rollBack },
};

async function history({ control, line, ports }: Call): Promise<number> {
  const { entries, current } = await control.listConfigs({}, { timeout: TIMEOUT_MS });
  if (line.flag("json")) for (const entry of entries) ports.out.write(`${toHistoryJson(entry, current)}\n`);
  else ports.out.write(`${formatHistory(entries, current, styleOf(ports), ports.wall())}\n`);
  return ExitCode.OK;
}

async function show({ control, ports, args }: Call): Promise<number> {
  const { text } = await control.getConfig({ generation: generationOf(args[0]) }, { timeout: TIMEOUT_MS });
  ports.out.write(text.endsWith("\n") ? text : `${text}\n`);
  return ExitCode.OK;
}

async function diff({ control, ports, args }: Call): Promise<number> {
  const after = await control.getConfig({ generation: generationOf(args[1]) }, { timeout: TIMEOUT_MS });
  const wanted = args[0] === undefined ? await generationBefore(control, after.generation) : generationOf(args[0]);
  const before = await control.getConfig({ generation: wanted }, { timeout: TIMEOUT_MS });
  ports.out.write(`${formatConfigDiff(before, after, styleOf(ports))}\n`);
  return ExitCode.OK;
}

async function generationBefore(control: Control, generation: bigint): Promise<bigint> {
  const { entries } = await control.listConfigs({}, { timeout: TIMEOUT_MS });
  const before = entries.findLast((entry) => entry.generation < generation);
  if (before === undefined) throw new CliError(ExitCode.FAILURE, "config: there is no config before this one in the journal");
  return before.generation;
}

async function apply({ control, line, ports, args }: Call): Promise<number> {
  const [file = ""] = args;
  const text = file === "-" ? await ports.readInput() : readText(path.resolve(ports.cwd, file), file);
  const within = confirmWithin(line);
  const request = { text, who: whoAsks(ports), force: line.flag("force"), confirmWithinMs: BigInt(within ?? 0) };
  return report(await control.applyConfig(request, { timeout: TIMEOUT_MS }), within, ports, file);
}

async function rollBack({ control, line, ports, args }: Call): Promise<number> {
  const within = confirmWithin(line);
  const request = { generation: generationOf(args[0]), who: whoAsks(ports), confirmWithinMs: BigInt(within ?? 0) };
  return report(await control.rollBackConfig(request, { timeout: TIMEOUT_MS }), within, ports);
}

async function confirm({ control, ports }: Call): Promise<number> {
  const { generation, regressions } = await control.confirmConfig({ who: whoAsks(ports) }, { timeout: TIMEOUT_MS });
  ports.out.write(`generation ${generation} stays\n`);
  writeRegressions(regressions, ports);
  return ExitCode.OK;
}

function report(response: ApplyConfigResponse, within: Millis | undefined, ports: CliPorts, file?: string): number {
  const style = styleOf(ports);
  const { applied, problems, generation, summary, regressions, unsettled } = response;
  for (const problem of problems) ports.out.write(`${formatProblem({ ...problem, path: problem.jsonPath }, style, file)}\n`);
  if (!applied) {
    const { text } = countProblems(problems);
    ports.err.write(`pinion: not applied: ${text}; correct it, or use --force, which leaves what the errors name as it was\n`);
    return ExitCode.FAILURE;
  }
  ports.out.write(`generation ${generation} is in force: ${summary}\n`);
  writeRegressions(regressions, ports);
  if (unsettled) ports.out.write("some modules are still starting; `pinion status` shows how far they are\n");
  if (within !== undefined) ports.out.write(`goes back in ${formatGoDuration(within)} unless confirmed: pinion config confirm\n`);
  return ExitCode.OK;
}

function writeRegressions(regressions: readonly string[], ports: CliPorts): void {
  const style = styleOf(ports);
  for (const regression of regressions) ports.out.write(`${style.red(regression)}\n`);
  if (regressions.length > 0) ports.out.write("`pinion status --why` tells more, `pinion config rollback` takes the config back\n");
}

function confirmWithin(line: CommandLine): Millis | undefined {
  const text = line.text("confirm-within");
  if (text === undefined) return undefined;
  const within = parseGoDuration(text);
  if (within === undefined || within < 1000)
    throw usageError(configCommand, `--confirm-within: expected a duration from 1s, such as 60s, got "${text}"`);
  return millis(Math.round(within));
}

/** 0 for the one that the daemon takes by itself. */
function generationOf(text: string | undefined): bigint {
  if (text === undefined) return 0n;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usageError(configCommand, `expected the number of a generation, got "${text}"`);
  return BigInt(text);
}

function readText(file: string, shown: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(ExitCode.FAILURE, `cannot read ${shown}: ${messageOf(error)}`, { cause: error });
  }
}
