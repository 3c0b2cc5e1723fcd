/** HTTP/2 written by hand for tests: nothing of it comes from src/http2, so that a mistake there is not made twice. */

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const EMPTY: Buffer = Buffer.alloc(0);

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** `length` when the frame is to lie about it. */
export function frame(type: number, flags: number, id: number, payload: Buffer = EMPTY, length: number = payload.length): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, payload]);
}

export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(SETTINGS, 0, 0, payload);
}

export const SETTINGS_ACK: Buffer = frame(SETTINGS, ACK, 0);

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function windowUpdate(id: number, increment: number): Buffer {
  return frame(WINDOW_UPDATE, 0, id, uint32(increment));
}

export function rst(id: number, code: number): Buffer {
  return frame(RST_STREAM, 0, id, uint32(code));
}

export function ping(text: string): Buffer {
  return frame(PING, 0, 0, Buffer.from(text));
}

export function goaway(lastId: number, code: number): Buffer {
  return frame(GOAWAY, 0, 0, Buffer.concat([uint32(lastId), uint32(code)]));
}

/** Header fields as literals without indexing and without Huffman code. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [0x7f];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export const REQUEST: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/test.Service/Method"],
  [":authority", "localhost"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

/** The fields of a call, some of them otherwise, more behind them. */
export function request(
  change: Readonly<Record<string, string | undefined>> = {},
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  const fields = REQUEST.flatMap(([name, value]): (readonly [string, string])[] => {
    if (!(name in change)) return [[name, value]];
    const changed = change[name];
    return changed === undefined ? [] : [[name, changed]];
  });
  return block(...fields, ...more);
}

export const RESPONSE: Buffer = block([":status", "200"], ["content-type", "application/grpc"]);
export const TRAILERS: Buffer = block(["grpc-status", "0"]);
/** A gRPC message of four bytes. */
export const MESSAGE: Buffer = Buffer.from([0, 0, 0, 0, 4, 1, 2, 3, 4]);

/** A header block on stream 1: HEADERS and as many CONTINUATIONs as it takes. */
export function inFrames(payload: Buffer): readonly Buffer[] {
  const pieces = Array.from({ length: Math.ceil(payload.length / 16_384) }, (_, index) =>
    payload.subarray(index * 16_384, (index + 1) * 16_384),
  );
  return pieces.map((piece, index) => frame(index === 0 ? HEADERS : CONTINUATION, index === pieces.length - 1 ? END_HEADERS : 0, 1, piece));
}
