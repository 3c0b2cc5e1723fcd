/** The machine's 1-Wire devices, through the kernel's w1 drivers (w1_therm). */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type Clock, systemClock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { isPinionError, messageOf, PinionError, systemCode } from "../../base/errors.js";
import { seconds } from "../../base/millis.js";
import { SerialQueue } from "../../base/serial-queue.js";
import { type Roots, SYSTEM_ROOTS } from "../roots.js";
import { crc8 } from "./crc8.js";
import type { OneWire } from "./onewire.js";
import { checksumError, missingError } from "./onewire-errors.js";

export interface OneWireOptions {
  readonly roots?: Roots;
  readonly clock?: Clock;
}

/** A conversion takes 750 ms at 12 bits; the kernel reads three times when a checksum is wrong. */
const READ_LIMIT = seconds(5);
/** `28-000005e2fdc3`: family and serial number. */
const ID = /^[0-9a-f]{2}-[0-9a-f]{12}$/;

export function createOneWire({ roots = SYSTEM_ROOTS, clock = systemClock }: OneWireOptions = {}): OneWire {
  return new KernelOneWire(path.join(roots.sys, "bus/w1/devices"), clock);
}

class KernelOneWire implements OneWire {
  readonly #folder: string;
  readonly #clock: Clock;
  // A reading takes up one of libuv's four threads for its whole second, and the kernel does them one by one anyway.
  readonly #queue = new SerialQueue();
  #stuck: string | undefined;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async devices(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter((name) => ID.test(name)).toSorted();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return []; // 1-Wire is not switched on
      throw new PinionError("ONEWIRE_FAILED", `1-Wire devices in ${this.#folder} cannot be listed: ${messageOf(error)}`, { cause: error });
    }
  }

  async readScratchpad(id: string): Promise<Uint8Array> {
    if (!ID.test(id)) {
      throw new PinionError("ONEWIRE_FAILED", `expected the id of a 1-Wire device such as 28-000005e2fdc3, got ${JSON.stringify(id)}`);
    }
    return parseScratchpad(id, await this.#queue.run(() => this.#readText(id)), () => this.#missing(id));
  }

  async #readText(id: string): Promise<string> {
    if (this.#stuck !== undefined)
      throw new PinionError("ONEWIRE_FAILED", `1-Wire device ${id}: the bus is still busy with a reading of ${this.#stuck}`);
    const reading = readFile(path.join(this.#folder, id, "w1_slave"), "utf8");
    try {
      return await withDeadline(this.#clock, READ_LIMIT, `reading 1-Wire device ${id}`, reading);
    } catch (error) {
      if (!isPinionError(error)) throw await this.#readError(id, error);
      this.#stuck = id;
      const free = (): void => {
        this.#stuck = undefined;
      };
      reading.then(free, free);
      throw new PinionError("ONEWIRE_FAILED", `${messageOf(error)}. Check the wiring and the pull-up resistor (4.7 kΩ)`, { cause: error });
    }
  }

  async #readError(id: string, error: unknown): Promise<PinionError> {
    // The kernel answers EIO and ENODEV when the device does not.
    if (["ENOENT", "ENODEV", "EIO", "ENOTDIR"].includes(systemCode(error))) return this.#missing(id, error);
    return new PinionError("ONEWIRE_FAILED", `1-Wire device ${id} cannot be read: ${messageOf(error)}`, { cause: error });
  }

  async #missing(id: string, cause?: unknown): Promise<PinionError> {
    const present = await this.devices().catch(() => []);
    return missingError(
      id,
      present.filter((other) => other !== id),
      cause,
    );
  }
}

/** The nine bytes of a `w1_slave` file: a line with the kernel's verdict on the checksum, and a line with the temperature. */
async function parseScratchpad(id: string, text: string, missing: () => Promise<PinionError>): Promise<Uint8Array> {
  if (text.trim() === "") throw await missing();
  const [first = ""] = text.split("\n", 1);
  const match = /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)/.exec(first);
  if (match === null) throw checksumError(id, JSON.stringify(first));
  const bytes = Uint8Array.from((match[1] ?? "").trim().split(" "), (byte) => Number.parseInt(byte, 16));
  // Nine zero bytes have a good checksum: a data line that is shorted to ground, not a device.
  if (bytes.every((byte) => byte === 0)) throw checksumError(id, `only zeros (${first.trim()})`);
  if (match[2] !== "YES" || crc8(bytes) !== 0) throw checksumError(id, first.trim());
  return bytes;
}
