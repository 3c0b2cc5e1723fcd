/** Packets of Dynamixel protocol 1 and Feetech SCS/STS: FF FF, id, length, instruction or error, parameters, inverted sum from the id on. */
import { decodeFrames, type ServoCodec, type ServoFrame } from "./packet.js";

const HEAD = 0xff;
const LAST_ID = 0xfd;
const HEADER = 4;
/** Length counts error and checksum. */
const SHORTEST = 2;

export const packetOne: ServoCodec = {
  isEchoAmbiguous: true,
  encodeNumber: (value) => [value & 0xff],
  answerLength: (data) => HEADER + SHORTEST + data,
  encode: ({ id, instruction, parameters }) => {
    const body = [id, parameters.length + SHORTEST, instruction, ...parameters];
    return Uint8Array.of(HEAD, HEAD, ...body, checksum(body));
  },
  decode: (received) => decodeFrames(received, HEADER + SHORTEST, frameAt),
};

function frameAt(received: Uint8Array, at: number): ServoFrame | undefined {
  const [first, second, id = HEAD, length = 0] = received.subarray(at, at + HEADER);
  if (first !== HEAD || second !== HEAD || id > LAST_ID || length < SHORTEST) return undefined;
  const bytes = received.slice(at, at + HEADER + length);
  if (bytes.length < HEADER + length) return undefined;
  if (bytes.at(-1) !== checksum(bytes.subarray(2, -1))) return undefined;
  return { id, error: bytes[HEADER] ?? 0, parameters: [...bytes.subarray(HEADER + 1, -1)], bytes };
}

function checksum(body: Iterable<number>): number {
  let sum = 0;
  for (const byte of body) sum += byte;
  return ~sum & 0xff;
}
