/** Cuts a stream of bytes into messages, each with five bytes before it: flags and length. */

export interface FramedMessage {
  readonly flags: number;
  readonly message: Buffer;
}

export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0);
  #pieces: Buffer[] = [];
  #held = 0;

  /** The messages that are whole now. */
  add(chunk: Buffer): readonly FramedMessage[] {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    // Joined only when the first message is whole, so that a long one is not copied for every piece of it.
    if (this.#rest.length >= 5 && this.#rest.length + this.#held < 5 + this.#rest.readUInt32BE(1)) return [];
    let bytes = Buffer.concat([this.#rest, ...this.#pieces]);
    this.#pieces = [];
    this.#held = 0;
    const messages: FramedMessage[] = [];
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      const end = 5 + bytes.readUInt32BE(1);
      messages.push({ flags: bytes[0] ?? 0, message: bytes.subarray(5, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return messages;
  }

  /** Whether nothing of a further message is there. */
  get isAtBoundary(): boolean {
    return this.#rest.length + this.#held === 0;
  }
}
