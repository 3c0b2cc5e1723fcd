/** What links need of the operating system; a fake stands in for it in tests. Reconnecting and sharing are done above. */
import type { SerialOptions, SerialPortInfo } from "./serial-link.js";

export interface SerialBackend {
  /** Opens what is behind `options.port` at present. Rejects with SERIAL_NOT_CONNECTED when nothing is, SERIAL_BUSY, SERIAL_PERMISSION, SERIAL_FAILED. */
  open(options: SerialOptions, events: PortEvents): Promise<OpenPort>;
  list(): Promise<readonly SerialPortInfo[]>;
  /** Calls `onChange` when the port may have come. Returns what ends it. */
  watch(port: string, onChange: () => void): () => void;
}

export interface PortEvents {
  onData(bytes: Uint8Array): void;
  /** Once, when the port went away by itself; nothing follows. */
  onLost(error: Error): void;
}

export interface OpenPort {
  /** One at a time. Resolves when the bytes left the kernel; does not resolve while the other side holds them up. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
