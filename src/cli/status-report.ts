/** The daemon's status as tables for people. */
import { formatGoDuration } from "../base/go-duration.js";
import { seconds } from "../base/millis.js";
import type { ConfigReport, GetStatusResponse, ModuleReport, ResourceReport } from "../proto/gen/pinion/control/v1/control.js";
import { networkLines } from "./network-lines.js";
import { countProblems, formatProblem } from "./problem.js";
import type { Style } from "./style.js";
import { type Cell, formatTable } from "./table.js";
import { formatAge, toDate } from "./timestamp.js";

export function formatStatus(status: GetStatusResponse, style: Style, now: Date): string {
  const { version, state, pid, startedAt, config, modules, resources, network } = status;
  const up = formatAge(toDate(startedAt), now);
  const lines = [
    `${style.bold(`pinion ${version}`)}  ${paintState(state, style)(state)}  pid ${pid}${up === "" ? "" : `  up ${up}`}`,
    ...(config === undefined ? [] : configLines(config, style)),
    ...networkLines(network, style),
    "",
    ...moduleLines(modules, style, now),
    "",
    ...resourceLines(resources, style, now),
  ];
  const waiting = resources.filter((resource) => resource.state !== "ready").length;
  if (waiting > 0) lines.push("", `${waiting} of ${resources.length} resources are not ready; \`pinion status --why\` tells the reason`);
  return lines.join("\n");
}

function configLines(config: ConfigReport, style: Style): readonly string[] {
  const { path, source, generation, problems, reason, confirmRemainingMs } = config;
  const name = path === "" ? "the default machine" : path;
  const why = reason === "" ? "the file cannot be used" : reason;
  const note = source === "last-known-good" ? style.yellow(`  this is the last good config: ${why}`) : "";
  const waits =
    confirmRemainingMs > 0n
      ? [style.yellow(`  goes back in ${formatSeconds(confirmRemainingMs)} unless confirmed: \`pinion config confirm\``)]
      : [];
  const { text } = countProblems(problems);
  const count = generation > 0n ? `  generation ${generation}` : "";
  return [
    `config ${name}${count}${text === "" ? "" : `  ${style.yellow(text)}`}${note}`,
    ...waits,
    ...problems.map((problem) => `  ${formatProblem({ ...problem, path: problem.jsonPath }, style)}`),
  ];
}

function moduleLines(modules: readonly ModuleReport[], style: Style, now: Date): readonly string[] {
  if (modules.length === 0) return [style.dim("no modules")];
  const head = headOf(["MODULE", "STATE", "PID", "SINCE", "RESTARTS", "MODELS"], style);
  const rows = modules.map((module): readonly Cell[] => [
    { text: module.name },
    { text: module.state, paint: paintState(module.state, style) },
    { text: module.pid === 0 ? "-" : String(module.pid) },
    { text: formatAge(toDate(module.since), now) },
    { text: String(module.restarts), ...(module.restarts > 0 ? { paint: style.yellow } : {}) },
    { text: `${module.models.length}${module.builtin ? "  built in" : ""}` },
  ]);
  const notes = modules.map(({ state, lastError, notice }) => [state === "ready" ? "" : lastError, notice].filter((note) => note !== ""));
  return withNotes(formatTable([head, ...rows]), notes, style);
}

function resourceLines(resources: readonly ResourceReport[], style: Style, now: Date): readonly string[] {
  if (resources.length === 0) return [style.dim("no resources")];
  const head = headOf(["RESOURCE", "API", "STATE", "SINCE", "MODULE", "MODEL"], style);
  const rows = resources.map((resource): readonly Cell[] => [
    { text: simpleNameOf(resource.name) },
    { text: resource.api.replace(/^rdk:(component|service):/, "") },
    { text: resource.state, paint: paintState(resource.state, style) },
    { text: formatAge(toDate(resource.since), now) },
    { text: resource.module === "" ? "-" : resource.module },
    { text: resource.model },
  ]);
  const notes = resources.map(({ state, error, notice, waitsFor }) => {
    const waiting = waitsFor.length > 0 ? `waits for ${waitsFor.join(", ")}` : "";
    return [...(state === "ready" ? [] : [error === "" ? waiting : error]), notice].filter((note) => note !== "");
  });
  return withNotes(formatTable([head, ...rows]), notes, style);
}

/** The table's lines with what is to be said about a row indented below it. */
function withNotes(lines: readonly string[], notes: readonly (readonly string[])[], style: Style): readonly string[] {
  const [head = "", ...rows] = lines;
  return [head, ...rows.flatMap((row, index) => [row, ...(notes[index] ?? []).map((note) => `  ${style.yellow(note)}`)])];
}

function headOf(titles: readonly string[], style: Style): readonly Cell[] {
  return titles.map((text) => ({ text, paint: style.dim }));
}

function formatSeconds(ms: bigint): string {
  return formatGoDuration(seconds(Math.ceil(Number(ms) / 1000)));
}

export function simpleNameOf(fullName: string): string {
  return fullName.slice(fullName.indexOf("/") + 1);
}

export function paintState(state: string, style: Style): (text: string) => string {
  if (state === "ready" || state === "running") return style.green;
  return /^(unhealthy|backoff|quarantined)$/.test(state) ? style.red : style.yellow;
}
