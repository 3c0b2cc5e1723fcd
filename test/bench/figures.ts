/** Numbers of several runs and the table they are printed in. */

export interface Figure {
  readonly measure: string;
  readonly value: string;
  /** What was measured beside it in the same run. */
  readonly baseline?: string;
  readonly ratio?: number;
  /** What it should be. */
  readonly goal?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median and range. */
export function spread(values: readonly number[], unit: string): string {
  return `${median(values).toFixed(0)} ${unit} (${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)})`;
}

const COLUMNS = ["measure", "value", "baseline", "ratio", "goal"] as const;

export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => ({ ...figure, ratio: figure.ratio?.toFixed(figure.ratio < 0.1 ? 4 : 2) }));
  const cells = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column] ?? ""))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [head = "", ...body] = cells.map(line);
  return [head, widths.map((width) => "-".repeat(width)).join("  "), ...body].join("\n");
}
