/** RoboClaw packet serial: address, command, data big-endian, CRC-16. Pure; Basicmicro user manual, "Packet Serial". */
import { crc16 } from "../port/crc-16.js";
import { toHex } from "../port/hex.js";

/** Commands by number; where there are two, that of motor 1 and of motor 2. */
export const COMMAND = {
  setTimeout: 14,
  readTimeout: 15,
  readEncoder: [16, 17],
  version: 21,
  setEncoder: [22, 23],
  mainBattery: 24,
  logicBattery: 25,
  duty: [32, 33],
  speed: [35, 36],
  speedDistance: [41, 42],
  readBuffers: 47,
  readPwms: 48,
  readCurrents: 49,
  readTemperature: 82,
  readStatus: 90,
} as const;

const POLYNOMIAL = 0x1021;
const ACKNOWLEDGED = 0xff;
/** Bytes of noise or echo before an answer that are looked past. */
const MOST_NOISE = 32;
/** Version: text to LF and NUL. */
const LONGEST_VERSION = 48;

export interface Packet {
  readonly address: number;
  readonly command: number;
  readonly data?: readonly number[] | undefined;
}

export function encodePacket({ address, command, data = [] }: Packet): Uint8Array {
  const body = [address, command, ...data];
  const crc = crc16(Uint8Array.from(body), POLYNOMIAL);
  return Uint8Array.of(...body, crc >> 8, crc & 0xff);
}

/** The unit's only answer to a write. True: acknowledged; undefined: nothing yet; throws for any other byte. */
export function readAcknowledgement(received: Uint8Array, request: Uint8Array): true | undefined {
  const echo = startsWith(received, request) ? request.length : 0;
  if (echo === 0 && received.length < request.length && startsWith(request, received)) return undefined;
  const byte = received[echo];
  if (byte === undefined) return undefined;
  if (byte === ACKNOWLEDGED) return true;
  throw new Error(`expected the byte FF as acknowledgement, got ${toHex(received.slice(echo, echo + 8))}`);
}

/** The `length` bytes of data of an answer, whose CRC counts address and command of the request too. Undefined while none is there. */
export function readAnswer(received: Uint8Array, { address, command }: Packet, length: number): Uint8Array | undefined {
  const start = echoEnd(received, { address, command });
  for (let at = start; at <= start + MOST_NOISE && at + length + 2 <= received.length; at++) {
    if (isIntact(received, { at, length, address, command })) return received.slice(at, at + length);
  }
  return undefined;
}

/** Command 21's text, without line end. */
export function readVersion(received: Uint8Array, { address, command }: Packet): string | undefined {
  const start = echoEnd(received, { address, command });
  for (let at = start; at <= start + MOST_NOISE && at < received.length; at++) {
    for (let end = at; end < received.length && end - at < LONGEST_VERSION; end++) {
      if (received[end] !== 0 || received[end - 1] !== 0x0a || end === at) continue;
      const length = end - at + 1;
      if (isIntact(received, { at, length, address, command })) return new TextDecoder("latin1").decode(received.slice(at, end - 1)).trim();
    }
  }
  return undefined;
}

/** Big-endian bytes of a signed or unsigned number of 32 bits. */
export function bytes32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Big-endian bytes of a signed number of 16 bits. */
export function bytes16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

interface Place {
  readonly at: number;
  readonly length: number;
  readonly address: number;
  readonly command: number;
}

function isIntact(received: Uint8Array, { at, length, address, command }: Place): boolean {
  const [high, low] = received.slice(at + length, at + length + 2);
  if (high === undefined || low === undefined) return false;
  return crc16(Uint8Array.of(address, command, ...received.slice(at, at + length)), POLYNOMIAL) === ((high << 8) | low);
}

/**
 * Where an answer may begin: behind the echo of the request, for adapters that send one. A packet with its CRC leaves the CRC at its start value, so that
 * zeros behind an echo would look like an answer across its end.
 */
function echoEnd(received: Uint8Array, packet: Packet): number {
  const request = encodePacket(packet);
  for (let at = 0; at <= MOST_NOISE && at + request.length <= received.length; at++) {
    if (startsWith(received.subarray(at), request)) return at + request.length;
  }
  return 0;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}
