/** Rows of cells as aligned columns. */

export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Lines without trailing blanks. Empty columns stay, so that a table looks the same every time. */
export function formatTable(rows: readonly (readonly Cell[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { text }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, text.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => formatCell(cell, column === row.length - 1 ? 0 : (widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** The padding stays uncoloured. */
function formatCell({ text, paint }: Cell, width: number): string {
  return `${paint === undefined ? text : paint(text)}${" ".repeat(Math.max(0, width - text.length))}`;
}
