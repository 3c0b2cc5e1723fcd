/** Cuts bytes into lines of bounded length. Knows nothing of streams. */

/** Longer lines are cut here; what follows up to the line's end is dropped. */
export const MAX_LINE_BYTES = 65_536;

export type OnLine = (line: Buffer, isTruncated: boolean) => void;

export class LineSplitter {
  readonly #onLine: OnLine;
  #parts: Buffer[] = [];
  #length = 0;
  #isSkipping = false;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    while (start < chunk.length) {
      const newline = chunk.indexOf(0x0a, start);
      const end = newline < 0 ? chunk.length : newline;
      this.#add(chunk.subarray(start, end));
      if (newline < 0) return;
      this.#finish();
      start = newline + 1;
    }
  }

  /** The stream ended: what came without a newline is a line too. */
  end(): void {
    if (this.#length > 0) this.#finish();
  }

  #add(part: Buffer): void {
    if (this.#isSkipping || part.length === 0) return;
    const room = MAX_LINE_BYTES - this.#length;
    this.#parts.push(part.subarray(0, room));
    this.#length += Math.min(part.length, room);
    if (part.length <= room) return;
    this.#emit(true);
    this.#isSkipping = true;
  }

  #finish(): void {
    if (!this.#isSkipping) this.#emit(false);
    this.#isSkipping = false;
  }

  #emit(isTruncated: boolean): void {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    const isCarriageReturned = !isTruncated && line.at(-1) === 0x0d;
    this.#onLine(isCarriageReturned ? line.subarray(0, -1) : line, isTruncated);
  }
}
