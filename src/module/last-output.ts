/** The last lines that a module printed, few and short enough to keep for every module. */

const MAX_LINES = 20;
const MAX_LINE_LENGTH = 500;

export class LastOutput {
  #lines: string[] = [];
  #sinceMark = 0;

  add(line: string): void {
    this.#lines.push(line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} …` : line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    this.#sinceMark = Math.min(MAX_LINES, this.#sinceMark + 1);
  }

  /** The process that printed it is not the one that runs: what it said must not be taken for the new one's. */
  mark(): void {
    this.#sinceMark = 0;
  }

  /** Printed since the last mark. */
  fresh(): readonly string[] {
    return this.#sinceMark === 0 ? [] : this.#lines.slice(-this.#sinceMark);
  }

  lines(): readonly string[] {
    return [...this.#lines];
  }
}
