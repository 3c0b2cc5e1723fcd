/** Cuts a stream of bytes into NMEA sentences, checked by their checksum. Keeps at most one unfinished sentence, so that no stream makes it grow. */

/** What came where a sentence was expected: a sentence without `$` and checksum, or why it is none. */
export type ReadSentence = { readonly kind: "sentence"; readonly text: string } | { readonly kind: "bad"; readonly reason: string };

// 82 by the standard; receivers with more digits or satellites exceed it.
const LONGEST = 160;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** The exclusive or of the characters between `$` and `*`. */
function nmeaChecksum(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum ^= text.charCodeAt(index) & 0xff;
  return sum;
}

/** `PMTK220,1000` becomes `$PMTK220,1000*1F` with CR LF. */
export function encodeSentence(text: string): Uint8Array {
  return new TextEncoder().encode(`$${text}*${hex(nmeaChecksum(text))}\r\n`);
}

export class SentenceReader {
  #text: string | undefined;

  /** What these bytes complete. Bytes outside of sentences are dropped without a word: a receiver may be switched on at any time. */
  push(bytes: Uint8Array): ReadSentence[] {
    const found: ReadSentence[] = [];
    for (const byte of bytes) {
      if (byte === DOLLAR) {
        if (this.#text !== undefined) found.push({ kind: "bad", reason: `a sentence is cut off: "${shown(this.#text)}"` });
        this.#text = "";
      } else if (this.#text === undefined) {
        // Between sentences.
      } else if (byte === CR || byte === LF) {
        found.push(check(this.#text));
        this.#text = undefined;
      } else if (byte < 0x20 || byte > 0x7e) {
        found.push({ kind: "bad", reason: `a sentence holds the byte 0x${hex(byte)}: "${shown(this.#text)}" (is the baud rate right?)` });
        this.#text = undefined;
      } else if (this.#text.length >= LONGEST) {
        found.push({ kind: "bad", reason: `a sentence is longer than ${LONGEST} characters: "${shown(this.#text)}"` });
        this.#text = undefined;
      } else {
        this.#text += String.fromCharCode(byte);
      }
    }
    return found;
  }

  /** Forgets what is unfinished, for example when the port went away. */
  reset(): void {
    this.#text = undefined;
  }
}

function check(text: string): ReadSentence {
  const match = /^([^*]*)\*([0-9A-Fa-f]{2})$/.exec(text);
  if (match === null) return { kind: "bad", reason: `a sentence has no checksum: "${shown(text)}"` };
  const [, body = "", sum = ""] = match;
  const expected = nmeaChecksum(body);
  if (Number.parseInt(sum, 16) === expected) return { kind: "sentence", text: body };
  return { kind: "bad", reason: `a sentence has the checksum ${sum.toUpperCase()}, expected ${hex(expected)}: "${shown(text)}"` };
}

function shown(text: string): string {
  return text.length <= 40 ? `$${text}` : `$${text.slice(0, 40)}…`;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}
