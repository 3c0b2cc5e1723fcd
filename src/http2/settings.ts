/** RFC 9113 section 6.5: settings, their defaults and what each may be. */
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "./frame-format.js";

export const Setting = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
} as const;

export const MAX_WINDOW = 0x7fffffff;

export interface Settings {
  headerTableSize: number;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
}

/** Section 6.5.2: what holds until the peer says otherwise. */
export function defaultSettings(): Settings {
  return { headerTableSize: 4096, maxConcurrentStreams: Number.POSITIVE_INFINITY, initialWindowSize: 65_535, maxFrameSize: 16_384 };
}

/** Changes `settings` by the payload of a SETTINGS frame; unknown settings are ignored. */
export function applySettings(settings: Settings, payload: Buffer): void {
  if (payload.length % 6 !== 0) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "a SETTINGS frame is no multiple of 6 bytes");
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case Setting.HEADER_TABLE_SIZE:
        settings.headerTableSize = value;
        break;
      case Setting.ENABLE_PUSH:
        if (value > 1) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `ENABLE_PUSH is ${value}, expected 0 or 1`);
        break;
      case Setting.MAX_CONCURRENT_STREAMS:
        settings.maxConcurrentStreams = value;
        break;
      case Setting.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE ${value} is over 2^31-1`);
        settings.initialWindowSize = value;
        break;
      case Setting.MAX_FRAME_SIZE:
        if (value < 16_384 || value > 16_777_215) {
          throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `MAX_FRAME_SIZE ${value} is outside 16,384 to 16,777,215`);
        }
        settings.maxFrameSize = value;
        break;
      default:
    }
  }
}

/** A whole SETTINGS frame. */
export function settingsFrame(values: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + values.length * 6);
  writeFrameHeader(frame, 0, values.length * 6, FrameType.SETTINGS, 0, 0);
  values.forEach(([id, value], index) => {
    frame.writeUInt16BE(id, FRAME_HEADER_BYTES + index * 6);
    frame.writeUInt32BE(value, FRAME_HEADER_BYTES + index * 6 + 2);
  });
  return frame;
}

export const SETTINGS_ACK: Buffer = Buffer.from([0, 0, 0, FrameType.SETTINGS, Flag.ACK, 0, 0, 0, 0]);
