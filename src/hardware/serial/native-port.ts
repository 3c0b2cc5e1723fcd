/**
 * An open port through the binding of the package serialport, which only this file names and which is loaded with the first port.
 *
 * Reading is done here: the package's own read takes a port that was pulled out while data was on its way for one that has nothing yet, asks again at
 * once without end, and never tells (seen with bindings-cpp 13.0.0). Its stream would also keep writes for a port that is closed.
 */
import { readSync } from "node:fs";
import { createRequire } from "node:module";
import { messageOf, PinionError, systemCode } from "../../base/errors.js";
import type { OpenPort, PortEvents } from "./serial-backend.js";
import { lostError } from "./serial-errors.js";
import type { SerialOptions } from "./serial-link.js";

/** What is used of bindings-cpp 13.0.0 on Linux. */
interface NativePort {
  /** Opened without blocking. */
  readonly fd: number | null;
  readonly poller: { once(event: "readable", listener: (error: Error | null) => void): void };
  write(bytes: Buffer): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

interface NativeLibrary {
  open(options: object): Promise<NativePort>;
}

/** What a read takes at most; the kernel's own buffer of a tty. */
const CHUNK = 4096;

/** Rejects with the package's error, which has a text and no code. */
export async function openNativePort(
  file: string,
  { baudRate, parity = "none", stopBits = 1 }: SerialOptions,
  events: PortEvents,
): Promise<OpenPort> {
  const port = await load().open({ path: file, baudRate, dataBits: 8, parity, stopBits, lock: true });
  return new ReadingPort(file, port, events);
}

class ReadingPort implements OpenPort {
  readonly #file: string;
  readonly #port: NativePort;
  readonly #events: PortEvents;
  readonly #buffer = Buffer.alloc(CHUNK);
  #isEnded = false;

  constructor(file: string, port: NativePort, events: PortEvents) {
    this.#file = file;
    this.#port = port;
    this.#events = events;
    this.#listen();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    await this.#port.drain();
  }

  async close(): Promise<void> {
    this.#isEnded = true;
    if (this.#port.fd !== null) await this.#port.close();
  }

  #listen(): void {
    this.#port.poller.once("readable", (error) => {
      if (this.#isEnded) return;
      if (error === null) this.#read();
      else this.#lose(error);
    });
  }

  #read(): void {
    let count: number;
    try {
      count = readSync(this.#port.fd ?? -1, this.#buffer, 0, CHUNK, null);
    } catch (error) {
      const code = systemCode(error);
      if (code === "EAGAIN" || code === "EINTR") this.#listen();
      else this.#lose(error);
      return;
    }
    // A port that has nothing yet answers EAGAIN; zero bytes is one that was hung up.
    if (count === 0) {
      this.#lose(undefined);
      return;
    }
    this.#listen();
    this.#events.onData(Uint8Array.from(this.#buffer.subarray(0, count)));
  }

  #lose(cause: unknown): void {
    this.#isEnded = true;
    this.#events.onLost(lostError(this.#file, cause));
  }
}

function load(): NativeLibrary {
  try {
    // Its binding alone: the package would load all its parsers.
    const file = createRequire(import.meta.filename).resolve("serialport");
    const { autoDetect } = createRequire(file)("@serialport/bindings-cpp") as { autoDetect(): NativeLibrary };
    return autoDetect();
  } catch (cause) {
    const text = `serial ports need the package serialport, which cannot be loaded (${messageOf(cause).split("\n", 1)[0]}): run \`npm install serialport\` where Pinion is installed`;
    throw new PinionError("HARDWARE_LIBRARY_MISSING", text, { cause });
  }
}

/** Loads the package now, for those who cannot wait for it later. */
export function preloadSerial(): void {
  load();
}
