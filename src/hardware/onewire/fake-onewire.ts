/** 1-Wire devices in memory, for tests. */
import { crc8 } from "./crc8.js";
import type { OneWire } from "./onewire.js";
import { checksumError, missingError } from "./onewire-errors.js";

export class FakeOneWire implements OneWire {
  readonly #devices = new Map<string, Uint8Array>();
  readonly #faults = new Map<string, ("missing" | "checksum")[]>();

  /** Puts a DS18B20 on the bus or gives it another scratchpad: nine bytes, or eight that the checksum is added to. */
  set(id: string, scratchpad: Iterable<number>): void {
    const bytes = Uint8Array.from(scratchpad);
    this.#devices.set(id, bytes.length === 8 ? Uint8Array.of(...bytes, crc8(bytes)) : bytes);
  }

  /** The scratchpad for a temperature in degrees Celsius, in steps of 1/16. */
  setTemperature(id: string, celsius: number): void {
    const raw = Math.round(celsius * 16);
    this.set(id, [raw & 0xff, (raw >> 8) & 0xff, 0x4b, 0x46, 0x7f, 0xff, (0x10 - (raw & 0x0f)) & 0xff, 0x10]);
  }

  remove(id: string): void {
    this.#devices.delete(id);
  }

  /** The next `count` readings fail. */
  failNext(id: string, fault: "missing" | "checksum", count = 1): void {
    this.#faults.set(id, [...(this.#faults.get(id) ?? []), ...Array.from({ length: count }, () => fault)]);
  }

  async devices(): Promise<readonly string[]> {
    return [...this.#devices.keys()].toSorted();
  }

  async readScratchpad(id: string): Promise<Uint8Array> {
    await new Promise<void>((resolve) => setImmediate(resolve)); // a conversion is not over at once
    const fault = this.#faults.get(id)?.shift();
    const bytes = this.#devices.get(id);
    if (bytes === undefined || fault === "missing")
      throw missingError(id, [...this.#devices.keys()].filter((other) => other !== id).toSorted());
    if (fault === "checksum" || crc8(bytes) !== 0) throw checksumError(id, Buffer.from(bytes).toString("hex"));
    return bytes.slice();
  }
}
