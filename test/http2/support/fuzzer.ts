/** Frames as they should be, and what becomes of them under a seeded hand. */
import * as raw from "./raw-frames.js";

export type Random = (below: number) => number;

/** Small and good enough: the same seed gives the same run everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

const HUFFMAN_PATH = Buffer.from([0x44, 0x85, 0x61, 0x09, 0xf5, 0x41, 0x57]);

/** A header block: mostly well formed, with indexing, size updates and Huffman code in it. */
function headerBlock(random: Random, isResponse: boolean): Buffer {
  const parts: Buffer[] = [];
  if (random(20) === 0) parts.push(Buffer.from([0x20]), Buffer.from([0x3f, 0xe1, 0x1f]));
  if (isResponse) parts.push(Buffer.from([0x88]));
  else parts.push(random(8) === 0 ? Buffer.concat([Buffer.from([0x83, 0x86]), HUFFMAN_PATH]) : raw.request());
  for (let more = random(4); more > 0; more -= 1) {
    const name = `x-${random(30)}`;
    const value = "v".repeat(random(40));
    parts.push(
      Buffer.from([random(3) === 0 ? 0x40 : random(2) === 0 ? 0x10 : 0]),
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    );
  }
  if (random(6) === 0) parts.push(Buffer.from([0xbe + random(4)]));
  return Buffer.concat(parts);
}

function someFrame(random: Random, id: number, isResponse: boolean): Buffer {
  switch (random(14)) {
    case 0:
    case 1:
    case 2:
      return raw.frame(raw.HEADERS, raw.END_HEADERS | random(2), id, headerBlock(random, isResponse));
    case 3: {
      const block = headerBlock(random, isResponse);
      const cut = random(block.length);
      return Buffer.concat([
        raw.frame(raw.HEADERS, random(2), id, block.subarray(0, cut)),
        raw.frame(raw.CONTINUATION, raw.END_HEADERS, id, block.subarray(cut)),
      ]);
    }
    case 4:
    case 5:
      return raw.frame(raw.DATA, random(2), id, random(2) === 0 ? raw.MESSAGE : bytes(random, random(300)));
    case 6:
      return raw.frame(raw.DATA, raw.PADDED | random(2), id, Buffer.concat([Buffer.from([4]), raw.MESSAGE, Buffer.alloc(4)]));
    case 7:
      return raw.rst(id, random(14));
    case 8:
      return raw.settings([1 + random(6), random(2) === 0 ? random(100_000) : random(0xffffffff)]);
    case 9:
      return raw.frame(raw.PING, random(2), 0, bytes(random, 8));
    case 10:
      return raw.windowUpdate(random(3) === 0 ? 0 : id, 1 + random(100_000));
    case 11:
      return raw.frame(raw.PRIORITY, 0, id, bytes(random, 5));
    case 12:
      return random(10) === 0
        ? raw.goaway(random(50), random(14))
        : raw.frame(raw.HEADERS, raw.END_HEADERS | raw.END_STREAM, id, isResponse ? raw.TRAILERS : raw.block(["x", "y"]));
    default:
      return raw.frame(random(256), random(256), random(3) === 0 ? 0 : id, bytes(random, random(60)));
  }
}

/** One frame of what a peer might say, mostly wrong in one place. */
export function mutatedFrame(random: Random, id: number, isResponse: boolean): Buffer {
  const frame = Buffer.from(someFrame(random, id, isResponse));
  switch (random(6)) {
    case 0:
      frame[random(frame.length)] = random(256);
      return frame;
    case 1: {
      const at = random(frame.length);
      frame[at] = (frame[at] ?? 0) ^ (1 << random(8));
      return frame;
    }
    case 2:
      return random(4) === 0 ? frame.subarray(0, random(frame.length)) : frame;
    case 3:
      return random(4) === 0 ? Buffer.concat([frame, bytes(random, 1 + random(20))]) : frame;
    default:
      return frame;
  }
}
