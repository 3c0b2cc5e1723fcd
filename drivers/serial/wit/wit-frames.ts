/** Frames of WitMotion sensors: 0x55, a kind, four signed 16-bit numbers little-endian, the sum of the ten bytes before. */

export type WitFrame =
  /** Metres per second squared. */
  | { readonly kind: "acceleration"; readonly x: number; readonly y: number; readonly z: number }
  /** Degrees per second. */
  | { readonly kind: "rate"; readonly x: number; readonly y: number; readonly z: number }
  /** Degrees, -180 to 180. */
  | { readonly kind: "angles"; readonly roll: number; readonly pitch: number; readonly yaw: number }
  /** As the chip counts. */
  | { readonly kind: "magnetic"; readonly x: number; readonly y: number; readonly z: number }
  | { readonly kind: "other"; readonly code: number };

const WIT_FRAME_LENGTH = 11;
const HEAD = 0x55;
/** Time, acceleration, rate, angles, field, ports, pressure, position, speed, quaternion, accuracy, and the answer to a read. */
const FIRST_KIND = 0x50;
const LAST_KIND = 0x5f;
const GRAVITY = 9.80665;
const FULL_SCALE = 32768;

export interface WitOutput {
  readonly frames: readonly WitFrame[];
  /** Times that a frame with a wrong sum, or bytes of none, came where the next frame was due. */
  readonly bad: number;
}

/**
 * Cuts the stream into frames. Out of step, it finds its place again at a 0x55 that begins a frame with a right sum and is followed by another 0x55:
 * a sum of 8 bits alone is right by chance too often. Holds one frame at most.
 */
export class WitReader {
  #rest: Uint8Array = new Uint8Array(0);
  #isInStep = false;

  push(bytes: Uint8Array): WitOutput {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const frames: WitFrame[] = [];
    let bad = 0;
    let at = 0;
    while (at < all.length) {
      const kind = all[at + 1];
      if (all[at] !== HEAD || (kind !== undefined && (kind < FIRST_KIND || kind > LAST_KIND))) {
        if (this.#isInStep) bad++;
        this.#isInStep = false;
        at++;
      } else if (at + WIT_FRAME_LENGTH + (this.#isInStep ? 0 : 1) > all.length) {
        break;
      } else if (isIntact(all, at) && (this.#isInStep || all[at + WIT_FRAME_LENGTH] === HEAD)) {
        frames.push(decode(all, at));
        this.#isInStep = true;
        at += WIT_FRAME_LENGTH;
      } else {
        if (this.#isInStep) bad++;
        this.#isInStep = false;
        at++;
      }
    }
    this.#rest = all.slice(at);
    return { frames, bad };
  }

  reset(): void {
    this.#rest = new Uint8Array(0);
    this.#isInStep = false;
  }
}

function isIntact(bytes: Uint8Array, at: number): boolean {
  let sum = 0;
  for (let index = 0; index < WIT_FRAME_LENGTH - 1; index++) sum += bytes[at + index] ?? 0;
  return (sum & 0xff) === bytes[at + WIT_FRAME_LENGTH - 1];
}

function decode(bytes: Uint8Array, at: number): WitFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, WIT_FRAME_LENGTH);
  const raw = (index: number): number => view.getInt16(2 + 2 * index, true);
  const scaled = (index: number, range: number): number => (raw(index) / FULL_SCALE) * range;
  const code = view.getUint8(1);
  switch (code) {
    case 0x51:
      return { kind: "acceleration", x: scaled(0, 16 * GRAVITY), y: scaled(1, 16 * GRAVITY), z: scaled(2, 16 * GRAVITY) };
    case 0x52:
      return { kind: "rate", x: scaled(0, 2000), y: scaled(1, 2000), z: scaled(2, 2000) };
    case 0x53:
      return { kind: "angles", roll: scaled(0, 180), pitch: scaled(1, 180), yaw: scaled(2, 180) };
    case 0x54:
      return { kind: "magnetic", x: raw(0), y: raw(1), z: raw(2) };
    default:
      return { kind: "other", code };
  }
}
