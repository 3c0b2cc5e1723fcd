/** Bytes that wait, copied into few blocks however small the pieces are that they come in. */

const SMALL_BLOCK = 1024;
const LARGE_BLOCK = 16_384;
const EMPTY = Buffer.alloc(0);

export class ByteQueue {
  #blocks: Buffer[] = [];
  /** Read position in the first block, write position in the last. */
  #from = 0;
  #to = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(data: Buffer): void {
    const last = this.#blocks.at(-1);
    const copied = last === undefined ? 0 : data.copy(last, this.#to);
    this.#to += copied;
    this.#length += data.length;
    const rest = data.length - copied;
    if (rest === 0) return;
    // A queue that stays small gets a small block, one that grows gets large ones.
    const block = Buffer.allocUnsafeSlow(
      rest >= LARGE_BLOCK ? rest : Math.max(rest, Math.min(LARGE_BLOCK, this.#length, SMALL_BLOCK * 16)),
    );
    this.#to = data.copy(block, 0, copied);
    this.#blocks.push(block);
  }

  /** The longest piece that lies in one block; empty when nothing waits. */
  peek(): Buffer {
    const first = this.#blocks[0];
    if (first === undefined) return EMPTY;
    return first.subarray(this.#from, this.#blocks.length === 1 ? this.#to : first.length);
  }

  /** Removes bytes that `peek` showed. */
  drop(bytes: number): void {
    this.#length -= bytes;
    this.#from += bytes;
    if (this.#length === 0) this.clear();
    else if (this.#from === this.#blocks[0]?.length) {
      this.#blocks.shift();
      this.#from = 0;
    }
  }

  clear(): void {
    this.#blocks = [];
    this.#from = 0;
    this.#to = 0;
    this.#length = 0;
  }
}
