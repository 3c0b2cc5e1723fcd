/**
 * A serial port that comes back: opened by what stays the same (a path, a link below /dev/serial, `vendor:product:serial`), opened again with growing
 * delays after it went away. Errors are PinionErrors: SERIAL_NOT_CONNECTED (what is expected where, and what ports there are), SERIAL_BUSY (locked by
 * another program), SERIAL_PERMISSION (which group), SERIAL_TIMEOUT, SERIAL_FAILED.
 */

export interface SerialOptions {
  /** `/dev/ttyUSB0`, `/dev/serial/by-id/…`, or `vendor:product[:serial]` in hex as `lsusb` prints it. */
  readonly port: string;
  readonly baudRate: number;
  readonly parity?: "none" | "even" | "odd";
  readonly stopBits?: 1 | 2;
}

/** `error`: why it is not connected. */
export type PortState = { readonly isConnected: true } | { readonly isConnected: false; readonly error: Error };

export interface SerialLink {
  readonly port: string;
  readonly isConnected: boolean;
  /** Resolves when the port is open; at once when it is. */
  connected(signal?: AbortSignal): Promise<void>;
  /** Resolves when the bytes are sent. Rejects at once while not connected: nothing is kept for later. */
  write(bytes: Uint8Array): Promise<void>;
  /** Chunks as they come. Returns what ends the subscription. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /** Called for every change from now on, and when the reason why it cannot connect is another. Returns what ends the subscription. */
  onState(listener: (state: PortState) => void): () => void;
  close(): Promise<void>;
}

export interface Serial {
  /** Links to one port are shared: the same options give the same open port, other options are refused while it is open. */
  open(options: SerialOptions): SerialLink;
  list(): Promise<readonly SerialPortInfo[]>;
}

export interface SerialPortInfo {
  readonly path: string;
  /** Other paths of it, below /dev/serial. */
  readonly links: readonly string[];
  /** `vendor:product[:serial]`; undefined for what is not on USB. */
  readonly identity: string | undefined;
  readonly description: string | undefined;
}
