/** Header blocks for tests: what an encoder makes of a list, and in which order a decoder tells its fields. */
import type { HeaderEncoder } from "../../../src/http2/header-encoding.js";
import { headerField } from "../../../src/http2/header-field.js";
import type { HeaderList } from "../../../src/http2/header-list.js";

export type Pair = readonly [name: string, value: string];

export function encodeBlock(encoder: HeaderEncoder, list: HeaderList): Buffer {
  const bytes = Buffer.alloc(encoder.bound(list));
  return bytes.subarray(0, encoder.encode(list, bytes, 0));
}

export function pairsOf(list: HeaderList): readonly Pair[] {
  return list.fields.map(({ name, value }): Pair => [name, value]);
}

/** The varying ones come behind the others; those of each name stay as they are. */
export function inOrder(pairs: readonly Pair[]): readonly Pair[] {
  const first = pairs.findIndex(([name]) => isVarying(name));
  const goesBehind = ([name]: Pair, index: number): boolean => isVarying(name) || (name.startsWith(":") && first >= 0 && index > first);
  return [...pairs.filter((pair, index) => !goesBehind(pair, index)), ...pairs.filter(goesBehind)];
}

function isVarying(name: string): boolean {
  return headerField(name, "").about.isVarying;
}
