/** Samples of figures as tables. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import type { MetricSample } from "../proto/gen/pinion/control/v1/control.js";
import type { Style } from "./style.js";
import { type Cell, formatTable } from "./table.js";

export interface MetricsView {
  readonly style: Style;
  /** Only this one. */
  readonly module: string | undefined;
}

export function toSample({ dataJson }: MetricSample): JsonObject {
  try {
    const data: unknown = JSON.parse(dataJson);
    return isJsonObject(data) ? data : {};
  } catch {
    return {}; // a sample of another version says nothing to us
  }
}

/** The last sample is of now. */
export function formatMetrics(samples: readonly JsonObject[], { style, module }: MetricsView): string {
  const now = samples.at(-1) ?? {};
  const lines = [
    ...processLines(samples, now, style, module),
    ...(module === undefined ? callLines(samples, style) : []),
    ...(module === undefined ? systemLines(samples, now, style) : []),
  ];
  return lines.join("\n");
}

function processLines(samples: readonly JsonObject[], now: JsonObject, style: Style, only: string | undefined): readonly string[] {
  const head = ["PROCESS", "CPU", "CPU MEAN", "CPU MAX", "PSS", "PSS MAX", "RSS", "RESTARTS", "WRITTEN"].map((text) => ({
    text,
    paint: style.dim,
  }));
  const modules = Object.keys(child(now, "modules")).filter((name) => only === undefined || name === only);
  const row = (name: string, pick: (sample: JsonObject) => JsonObject): readonly Cell[] => {
    const series = samples.map(pick);
    const figures = (key: string): readonly number[] => series.flatMap((point) => (typeof point[key] === "number" ? [point[key]] : []));
    const last = pick(now);
    const cpu = figures("cpu_percent");
    const pss = figures("pss_kb");
    return [
      { text: name },
      { text: percent(last["cpu_percent"]) },
      { text: percent(mean(cpu)) },
      { text: percent(max(cpu)) },
      { text: kb(pss.at(-1)) },
      { text: kb(max(pss)) },
      { text: kb(last["rss_kb"]) },
      { text: typeof last["restarts"] === "number" ? String(last["restarts"]) : "-" },
      { text: kb(last["written_kb"]) },
    ];
  };
  return formatTable([
    head,
    ...(only === undefined ? [row("pinion", (sample) => child(sample, "supervisor"))] : []),
    ...modules.map((name) => row(name, (sample) => child(child(sample, "modules"), name))),
  ]);
}

interface Calls {
  calls: number;
  errors: number;
  total: number;
  slowest: number;
}

function callLines(samples: readonly JsonObject[], style: Style): readonly string[] {
  const sums = new Map<string, Calls>();
  for (const sample of samples) {
    for (const [name, value] of Object.entries(child(sample, "calls"))) {
      if (!isJsonObject(value)) continue;
      const sum = sums.get(name) ?? { calls: 0, errors: 0, total: 0, slowest: 0 };
      const figure = (key: string): number => (typeof value[key] === "number" ? value[key] : 0);
      sums.set(name, {
        calls: sum.calls + figure("calls"),
        errors: sum.errors + figure("errors"),
        total: sum.total + figure("mean_ms") * figure("calls"),
        slowest: Math.max(sum.slowest, figure("max_ms")),
      });
    }
  }
  if (sums.size === 0) return [];
  const head = ["RESOURCE", "SERVICE", "CALLS", "ERRORS", "MEAN", "SLOWEST"].map((text) => ({ text, paint: style.dim }));
  const rows = [...sums]
    .toSorted(([, a], [, b]) => b.calls - a.calls)
    .map(([key, { calls, errors, total, slowest }]): readonly Cell[] => {
      const dot = key.indexOf(".");
      return [
        { text: key.slice(0, dot) },
        { text: key.slice(dot + 1) },
        { text: String(calls) },
        { text: String(errors) },
        { text: `${(total / Math.max(1, calls)).toFixed(2)} ms` },
        { text: `${slowest.toFixed(1)} ms` },
      ];
    });
  return ["", ...formatTable([head, ...rows])];
}

function systemLines(samples: readonly JsonObject[], now: JsonObject, style: Style): readonly string[] {
  const system = child(now, "system");
  const celsius = samples.flatMap((sample) => {
    const value = child(sample, "system")["celsius"];
    return typeof value === "number" ? [value] : [];
  });
  const parts = [
    typeof system["disk_free_mb"] === "number" ? `disk free ${kb(system["disk_free_mb"] * 1024)}` : "",
    typeof system["memory_available_kb"] === "number" ? `memory available ${kb(system["memory_available_kb"])}` : "",
    typeof system["load_1m"] === "number" ? `load ${system["load_1m"]}` : "",
    celsius.length > 0 ? `${celsius.at(-1)} °C, at most ${max(celsius)} °C` : "",
  ].filter((part) => part !== "");
  return ["", parts.join("   "), style.dim(`${samples.length} samples`)];
}

function child(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isJsonObject(found) ? found : {};
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function max(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

function percent(value: unknown): string {
  return typeof value === "number" ? `${value.toFixed(1)} %` : "-";
}

function kb(value: unknown): string {
  if (typeof value !== "number") return "-";
  if (value < 1024) return `${Math.round(value)} kB`;
  return value < 1_048_576 ? `${(value / 1024).toFixed(1)} MB` : `${(value / 1_048_576).toFixed(1)} GB`;
}
