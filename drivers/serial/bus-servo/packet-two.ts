/** Packets of Dynamixel protocol 2: FF FF FD 00, id, length, instruction, error in answers, parameters, CRC-16, with FF FF FD inside stuffed by FD. */
import { crc16 } from "../port/crc-16.js";
import { decodeFrames, type ServoCodec, type ServoFrame } from "./packet.js";

const HEAD = [0xff, 0xff, 0xfd, 0x00] as const;
const STATUS = 0x55;
const POLYNOMIAL = 0x8005;
const LAST_ID = 0xfc;
/** Head, id, length. */
const HEADER = 7;
/** Length counts instruction, error and CRC. */
const SHORTEST = 4;

export const packetTwo: ServoCodec = {
  isEchoAmbiguous: false,
  encodeNumber: (value) => [value & 0xff, (value >> 8) & 0xff],
  // Twice: stuffing may add a third to what is sent, never more.
  answerLength: (data) => HEADER + SHORTEST + 2 * data,
  encode: ({ id, instruction, parameters }) => encodeTwo(id, [instruction, ...parameters]),
  decode: (received) => decodeFrames(received, HEADER + SHORTEST, frameAt),
};

/** An answer as a servo sends it; for tests and simulators. */
export function encodeStatusTwo({ id, error, parameters }: Pick<ServoFrame, "id" | "error" | "parameters">): Uint8Array {
  return encodeTwo(id, [STATUS, error, ...parameters]);
}

function encodeTwo(id: number, body: readonly number[]): Uint8Array {
  const stuffed = stuff(body);
  const length = stuffed.length + 2;
  const bytes = [...HEAD, id, length & 0xff, length >> 8, ...stuffed];
  const crc = crc16(Uint8Array.from(bytes), POLYNOMIAL);
  return Uint8Array.of(...bytes, crc & 0xff, crc >> 8);
}

function frameAt(received: Uint8Array, at: number): ServoFrame | undefined {
  if (HEAD.some((byte, index) => received[at + index] !== byte)) return undefined;
  const [id = 0xff, low = 0, high = 0] = received.subarray(at + HEAD.length, at + HEADER);
  const length = low | (high << 8);
  if (id > LAST_ID || length < SHORTEST || at + HEADER + length > received.length) return undefined;
  const bytes = received.slice(at, at + HEADER + length);
  const crc = crc16(bytes.subarray(0, -2), POLYNOMIAL);
  if (bytes.at(-2) !== (crc & 0xff) || bytes.at(-1) !== crc >> 8) return undefined;
  const [instruction, error = 0, ...parameters] = unstuff(bytes.subarray(HEADER, -2));
  return instruction === STATUS ? { id, error, parameters, bytes } : undefined;
}

function stuff(body: readonly number[]): number[] {
  const stuffed: number[] = [];
  for (const byte of body) {
    stuffed.push(byte);
    if (endsWithHead(stuffed)) stuffed.push(0xfd);
  }
  return stuffed;
}

function unstuff(body: Uint8Array): number[] {
  const plain: number[] = [];
  for (let at = 0; at < body.length; at++) {
    plain.push(body[at] ?? 0);
    if (endsWithHead(plain)) at++; // the FD that was stuffed in
  }
  return plain;
}

function endsWithHead(bytes: readonly number[]): boolean {
  return bytes.at(-3) === 0xff && bytes.at(-2) === 0xff && bytes.at(-1) === 0xfd;
}
