/** RFC 9113 section 4.1 and 6: the frame header, frame types and flags. */

export const FRAME_HEADER_BYTES = 9;

export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

export const Flag = {
  END_STREAM: 0x1,
  ACK: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** Writes a frame header at `offset`; the reserved bit is left 0. */
export function writeFrameHeader(into: Buffer, offset: number, length: number, type: number, flags: number, streamId: number): void {
  into[offset] = length >>> 16;
  into[offset + 1] = length >>> 8;
  into[offset + 2] = length;
  into[offset + 3] = type;
  into[offset + 4] = flags;
  into[offset + 5] = streamId >>> 24;
  into[offset + 6] = streamId >>> 16;
  into[offset + 7] = streamId >>> 8;
  into[offset + 8] = streamId;
}

/** The 31-bit number at `offset`; the reserved bit is ignored, as section 4.1 asks. */
export function readUint31(from: Buffer, offset: number): number {
  return from.readUInt32BE(offset) & 0x7fffffff;
}
