/** What the two packet formats of bus servos have in common. */

export const INSTRUCTION = { ping: 1, read: 2, write: 3 } as const;

export interface ServoRequest {
  readonly id: number;
  readonly instruction: number;
  readonly parameters: readonly number[];
}

/** An intact packet that was received: an answer, or on half-duplex adapters the request itself. */
export interface ServoFrame {
  readonly id: number;
  /** The error byte. */
  readonly error: number;
  readonly parameters: readonly number[];
  /** As it was received. */
  readonly bytes: Uint8Array;
}

/** One packet format. Pure. */
export interface ServoCodec {
  encode(request: ServoRequest): Uint8Array;
  /** All intact packets among the bytes, in their order; anything else is passed over. */
  decode(received: Uint8Array): ServoFrame[];
  /** Register addresses and lengths as parameters. */
  encodeNumber(value: number): number[];
  /** Bytes of an answer with that many bytes of data. */
  answerLength(data: number): number;
  /** True when a request cannot be told from an answer by its form. */
  readonly isEchoAmbiguous: boolean;
}

/** What `frameAt` finds, from byte to byte, each frame but once; `shortest`: bytes of the shortest one. */
export function decodeFrames(
  received: Uint8Array,
  shortest: number,
  frameAt: (received: Uint8Array, at: number) => ServoFrame | undefined,
): ServoFrame[] {
  const frames: ServoFrame[] = [];
  let at = 0;
  while (at + shortest <= received.length) {
    const frame = frameAt(received, at);
    if (frame !== undefined) frames.push(frame);
    at += frame?.bytes.length ?? 1;
  }
  return frames;
}

export function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
