/**
 * The kernel's GPIO character device, version 2 (Linux 5.10): request codes and the layout of what goes with them (include/uapi/linux/gpio.h).
 * The same on arm, arm64 and x86; little-endian. All that is not set must be zero.
 */

export const GET_CHIPINFO = 0x8044b401;
export const GET_LINEINFO = 0xc100b405;
export const GET_LINE = 0xc250b407;
export const LINE_GET_VALUES = 0xc010b40e;
export const LINE_SET_VALUES = 0xc010b40f;
/** Of every file: reads do not wait (include/uapi/asm-generic/ioctls.h). */
export const FIONBIO = 0x5421;

export const CHIP_INFO_BYTES = 68;
export const LINE_INFO_BYTES = 256;
export const LINE_REQUEST_BYTES = 592;
export const LINE_VALUES_BYTES = 16;
export const EVENT_BYTES = 48;

/** More are cut to this by the kernel: 16 for each of 64 lines. */
export const MAX_EVENT_BUFFER = 1024;

export const FLAG = {
  used: 1n,
  activeLow: 2n,
  input: 4n,
  output: 8n,
  edgeRising: 16n,
  edgeFalling: 32n,
  openDrain: 64n,
  openSource: 128n,
  biasUp: 256n,
  biasDown: 512n,
  biasDisabled: 1024n,
} as const;

const ATTRIBUTE_VALUES = 2;
const ATTRIBUTE_DEBOUNCE = 3;
const NAME_BYTES = 32;
const EVENT_RISING = 1;

export interface LineRequest {
  readonly offsets: readonly number[];
  readonly consumer: string;
  readonly flags: bigint;
  /** Bit i: the first level of the i-th line. */
  readonly values?: bigint;
  /** Microseconds, for all lines. */
  readonly debounce?: number;
  /** Entries; 0: the kernel's choice. */
  readonly eventBufferSize?: number;
}

export interface LineEvent {
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
  readonly isRising: boolean;
  readonly offset: number;
  /** Counts the events of the request, those that were dropped too. */
  readonly sequence: number;
}

export function decodeChipInfo(bytes: Uint8Array): { readonly name: string; readonly label: string; readonly lines: number } {
  return { name: textAt(bytes, 0), label: textAt(bytes, NAME_BYTES), lines: viewOf(bytes).getUint32(64, true) };
}

export function encodeLineInfoQuery(offset: number): Uint8Array {
  const bytes = new Uint8Array(LINE_INFO_BYTES);
  viewOf(bytes).setUint32(64, offset, true);
  return bytes;
}

export function decodeLineInfo(bytes: Uint8Array): {
  readonly name: string;
  readonly consumer: string;
  readonly offset: number;
  readonly flags: bigint;
} {
  const view = viewOf(bytes);
  return {
    name: textAt(bytes, 0),
    consumer: textAt(bytes, NAME_BYTES),
    offset: view.getUint32(64, true),
    flags: view.getBigUint64(72, true),
  };
}

export function encodeLineRequest({ offsets, consumer, flags, values, debounce, eventBufferSize = 0 }: LineRequest): Uint8Array {
  const bytes = new Uint8Array(LINE_REQUEST_BYTES);
  const view = viewOf(bytes);
  for (const [index, offset] of offsets.entries()) view.setUint32(index * 4, offset, true);
  // One byte stays zero: the text ends there.
  bytes.set(shortText(consumer, NAME_BYTES - 1), 256);
  view.setBigUint64(288, flags, true);
  const all = maskOf(offsets.length);
  let attributes = 0;
  const addAttribute = (id: number, write: (at: number) => void): void => {
    const at = 320 + attributes * 24;
    view.setUint32(at, id, true);
    write(at + 8);
    view.setBigUint64(at + 16, all, true);
    attributes += 1;
  };
  if (values !== undefined) addAttribute(ATTRIBUTE_VALUES, (at) => view.setBigUint64(at, values, true));
  if (debounce !== undefined) addAttribute(ATTRIBUTE_DEBOUNCE, (at) => view.setUint32(at, debounce, true));
  view.setUint32(296, attributes, true);
  view.setUint32(560, offsets.length, true);
  view.setUint32(564, eventBufferSize, true);
  return bytes;
}

/** The descriptor of the request, as the kernel wrote it into what `encodeLineRequest` made. */
export function decodeRequestDescriptor(bytes: Uint8Array): number {
  return viewOf(bytes).getInt32(588, true);
}

/** Bit i of both stands for the i-th line of the request. */
export function encodeLineValues(bytes: Uint8Array, bits: bigint, mask: bigint): void {
  const view = viewOf(bytes);
  view.setBigUint64(0, bits, true);
  view.setBigUint64(8, mask, true);
}

export function decodeLineValues(bytes: Uint8Array): bigint {
  return viewOf(bytes).getBigUint64(0, true);
}

export function decodeEvent(view: DataView, at: number): LineEvent {
  return {
    time: view.getBigUint64(at, true),
    isRising: view.getUint32(at + 8, true) === EVENT_RISING,
    offset: view.getUint32(at + 12, true),
    sequence: view.getUint32(at + 16, true),
  };
}

/** `count` bits, 64 at most. */
export function maskOf(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textAt(bytes: Uint8Array, at: number): string {
  const field = bytes.subarray(at, at + NAME_BYTES);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** As many whole characters as fit. */
function shortText(text: string, limit: number): Uint8Array {
  const bytes = new Uint8Array(limit);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return bytes.subarray(0, written);
}
