/** Lines that are read or driven, in one request of the character device. */
import { messageOf, PinionError, systemCode } from "../../../base/errors.js";
import type { LineAddress, OutputLines } from "../gpio.js";
import { closedLines, describeLine, levelCount } from "../gpio-errors.js";
import { decodeLineValues, encodeLineValues, LINE_GET_VALUES, LINE_SET_VALUES, LINE_VALUES_BYTES, maskOf } from "./abi.js";
import type { GpioKernel } from "./kernel.js";

export interface RequestParts {
  readonly kernel: GpioKernel;
  readonly addresses: readonly LineAddress[];
  readonly descriptor: number;
  readonly onClose: () => void;
}

export class ValueRequest implements OutputLines {
  readonly addresses: readonly LineAddress[];
  readonly #parts: RequestParts;
  readonly #data: Uint8Array = new Uint8Array(LINE_VALUES_BYTES);
  #isClosed = false;

  constructor(parts: RequestParts) {
    this.addresses = parts.addresses.map(({ chip, offset }) => ({ chip, offset }));
    this.#parts = parts;
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  get(): boolean[] {
    encodeLineValues(this.#data, 0n, maskOf(this.addresses.length));
    this.#call(LINE_GET_VALUES, "read");
    const bits = decodeLineValues(this.#data);
    return this.addresses.map((_, index) => ((bits >> BigInt(index)) & 1n) === 1n);
  }

  set(levels: readonly (boolean | undefined)[]): void {
    if (levels.length !== this.addresses.length) throw levelCount(this.addresses, levels.length);
    encodeLineValues(this.#data, bitsOf(levels), bitsOf(levels.map((level) => level !== undefined)));
    this.#call(LINE_SET_VALUES, "driven");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.onClose();
    this.#parts.kernel.close(this.#parts.descriptor);
  }

  #call(request: number, what: string): void {
    if (this.#isClosed) throw closedLines(this.addresses);
    try {
      this.#parts.kernel.ioctl(this.#parts.descriptor, request, this.#data);
    } catch (cause) {
      const lines = this.addresses.map(describeLine).join(", ");
      const reason = systemCode(cause) === "ENODEV" ? "its chip is gone" : messageOf(cause);
      throw new PinionError("GPIO_FAILED", `GPIO ${lines}: cannot be ${what}: ${reason}`, { cause });
    }
  }
}

/** Bit i is the i-th level; undefined counts as low. */
export function bitsOf(levels: readonly (boolean | undefined)[]): bigint {
  return levels.reduce((bits, level, index) => (level === true ? bits | (1n << BigInt(index)) : bits), 0n);
}
