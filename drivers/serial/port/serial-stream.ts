/** A serial port of a device that talks by itself. */
import type { Serial, SerialLink } from "pinion/hardware";
import { untilConnected } from "./until-connected.js";

export interface StreamOptions {
  readonly port: string;
  readonly baudRate: number;
  /** Where the path stands in the config. */
  readonly attribute: string;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The port is there, at first and again: begin anew. */
  readonly onConnected: (link: SerialLink) => void;
}

export interface ByteSource {
  /** Why nothing comes at present; undefined while something may. */
  readonly error: Error | undefined;
  close(): Promise<void>;
}

/** Resolves when the port is open. It is opened again by itself whenever it went away. */
export async function openStream(serial: Serial, options: StreamOptions, signal: AbortSignal): Promise<ByteSource> {
  const { port, baudRate, attribute, onBytes, onConnected } = options;
  const link = serial.open({ port, baudRate });
  let error: Error | undefined;
  try {
    await untilConnected(link, { attribute, signal });
  } catch (reason) {
    await link.close();
    throw reason;
  }
  link.onData(onBytes);
  link.onState((state) => {
    error = state.isConnected ? undefined : state.error;
    if (state.isConnected) onConnected(link);
  });
  onConnected(link);
  return {
    get error() {
      return error;
    },
    close: () => link.close(),
  };
}
