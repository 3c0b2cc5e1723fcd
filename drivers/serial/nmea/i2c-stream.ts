/** A receiver on an I2C bus: read again and again; what it sends while it has nothing to say is dropped. */
import type { Clock, I2cDevice } from "pinion/hardware";
import { millis } from "pinion/hardware";
import { unavailable } from "pinion/sdk";
import type { ByteSource } from "../port/serial-stream.js";

export interface I2cStreamOptions {
  readonly device: I2cDevice;
  readonly clock: Clock;
  /** Where the address stands in the config. */
  readonly attribute: string;
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onError: (error: Error) => void;
}

const PERIOD = millis(100);
const CHUNK = 32;
/** Reads in a row: a second of talk of a busy receiver, so that one that has fallen behind catches up. */
const MOST_CHUNKS = 32;
/** Reads that must fail one after the other before the receiver counts as gone. */
const GONE = 5;
const FILLER = 0xff;
const LF = 0x0a;

/** Resolves when the receiver has answered once. */
export async function openI2cStream(options: I2cStreamOptions): Promise<ByteSource> {
  const stream = new I2cStream(options);
  await stream.begin();
  return stream;
}

class I2cStream implements ByteSource {
  readonly #options: I2cStreamOptions;
  #failures = 0;
  #error: Error | undefined;
  #isClosed = false;
  #timer: { cancel(): void } | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: I2cStreamOptions) {
    this.#options = options;
  }

  get error(): Error | undefined {
    return this.#failures >= GONE ? this.#error : undefined;
  }

  async begin(): Promise<void> {
    const { device, attribute } = this.#options;
    try {
      await this.#read();
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw unavailable(`${attribute}: no receiver at 0x${device.address.toString(16)} of bus ${device.bus}: ${text}`, { cause });
    }
    this.#arm();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#reading;
  }

  #arm(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(PERIOD, () => {
      this.#reading = this.#poll();
    });
  }

  async #poll(): Promise<void> {
    try {
      await this.#read();
      this.#failures = 0;
    } catch (reason) {
      this.#error = reason instanceof Error ? reason : new Error(String(reason));
      this.#failures++;
      this.#options.onError(this.#error);
    }
    this.#arm();
  }

  async #read(): Promise<void> {
    for (let count = 0; count < MOST_CHUNKS && !this.#isClosed; count++) {
      const chunk = await this.#options.device.receive(CHUNK);
      const said = chunk.filter((byte) => byte !== FILLER && byte !== LF);
      // Bit 7 is noise of receivers that shift out seven bits.
      this.#options.onBytes(said.map((byte) => byte & 0x7f));
      if (said.length < CHUNK / 2) return;
    }
  }
}
