/** The difference of two texts line by line, as `diff -u` shows it. */

interface Line {
  readonly kind: " " | "-" | "+";
  readonly text: string;
}

const CONTEXT = 3;
/** Beyond so many differing lines the shortest difference is not looked for: the old block and the new one are shown whole. */
const MAX_CELLS = 4_000_000;

/** Lines with their sign, in blocks headed by their place; empty for equal texts. */
export function diffTexts(before: string, after: string): readonly string[] {
  const lines = compare(before.split("\n"), after.split("\n"));
  const wanted = lines.map((_, index) => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ kind }) => kind !== " "));
  const out: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  for (const [index, { kind, text }] of lines.entries()) {
    if (wanted[index] === true) {
      if (wanted[index - 1] !== true) out.push(`@@ line ${oldLine} before, line ${newLine} after @@`);
      out.push(`${kind}${text}`);
    }
    if (kind !== "+") oldLine += 1;
    if (kind !== "-") newLine += 1;
  }
  return out;
}

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (text: string): Line => ({ kind: " ", text });
  return [
    ...before.slice(0, start).map(same),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** By the longest common subsequence. */
function compareMiddle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const removed = (text: string): Line => ({ kind: "-", text });
  const added = (text: string): Line => ({ kind: "+", text });
  if (before.length * after.length > MAX_CELLS) return [...before.map(removed), ...after.map(added)];
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const lengthAt = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column] ? lengthAt(row + 1, column + 1) + 1 : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const old = before[row];
    const fresh = after[column];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: " ", text: old });
      row += 1;
      column += 1;
    } else if (old !== undefined && (fresh === undefined || lengthAt(row + 1, column) >= lengthAt(row, column + 1))) {
      lines.push(removed(old));
      row += 1;
    } else {
      lines.push(added(fresh ?? ""));
      column += 1;
    }
  }
  return lines;
}
