/** The journal of configs as tables and differences for people. */
import type { ConfigEntry } from "../proto/gen/pinion/control/v1/control.js";
import type { Style } from "./style.js";
import { type Cell, formatTable } from "./table.js";
import { diffTexts } from "./text-diff.js";
import { formatAge, toDate } from "./timestamp.js";

const VIA: Readonly<Record<string, string>> = {
  start: "at the start",
  file: "the file changed",
  signal: "SIGHUP",
  reload: "pinion reload",
  apply: "pinion config apply",
  rollback: "pinion config rollback",
  unconfirmed: "not confirmed",
};

export function formatHistory(entries: readonly ConfigEntry[], current: bigint, style: Style, now: Date): string {
  if (entries.length === 0) return style.dim("no config was applied yet");
  const head = ["", "GEN", "APPLIED", "AGO", "HOW", "BY", "GOOD", "CHANGES"].map((text) => ({ text, paint: style.dim }));
  const rows = entries.map((entry): readonly Cell[] => [
    { text: entry.generation === current ? "*" : "", paint: style.green },
    { text: String(entry.generation) },
    { text: formatTime(toDate(entry.appliedAt)) },
    { text: formatAge(toDate(entry.appliedAt), now) },
    { text: VIA[entry.via] ?? entry.via },
    { text: entry.who === "" ? "-" : entry.who },
    { text: entry.knownGood ? "yes" : "-" },
    { text: entry.summary },
  ]);
  return formatTable([head, ...rows]).join("\n");
}

export function toHistoryJson(entry: ConfigEntry, current: bigint): string {
  const { generation, appliedAt, via, who, summary, knownGood, path, sha256 } = entry;
  const isCurrent = generation === current;
  return JSON.stringify({
    generation: Number(generation),
    current: isCurrent,
    appliedAt: toDate(appliedAt),
    via,
    who,
    summary,
    knownGood,
    path,
    sha256,
  });
}

export function formatConfigDiff(before: ConfigEntry, after: ConfigEntry, style: Style): string {
  const lines = diffTexts(before.text, after.text);
  const head = `generation ${before.generation} -> ${after.generation}`;
  if (lines.length === 0) return `${head}: the same text`;
  return [style.bold(head), ...lines.map((line) => paintLine(line, style))].join("\n");
}

function paintLine(line: string, style: Style): string {
  if (line.startsWith("+")) return style.green(line);
  if (line.startsWith("-")) return style.red(line);
  return line.startsWith("@@") ? style.dim(line) : line;
}

/** Local time, as `2030-01-31 12:00:00`. */
export function formatTime(time: Date | undefined): string {
  if (time === undefined) return "-";
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
