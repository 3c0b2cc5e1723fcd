/** The transfers of one address, each in its turn on the bus. Checks what goes in and what comes out. */
import { withDeadline } from "../../base/deadline.js";
import { PinionError } from "../../base/errors.js";
import { hex } from "../../base/hex.js";
import { SerialQueue } from "../../base/serial-queue.js";
import type { I2cDevice } from "./i2c-bus.js";
import { shortError, usageError } from "./i2c-errors.js";
import type { I2cWire, Transfer } from "./i2c-wire.js";
import { TRIES, type WiredBus } from "./wired-bus.js";

/** What the kernel takes in one SMBus block. */
const MAX_BLOCK = 32;
/** What the kernel takes in one raw transfer. */
const MAX_RAW = 8192;

export class WiredDevice implements I2cDevice {
  readonly address: number;
  readonly #wired: WiredBus;
  readonly #queue: SerialQueue;
  #isEnded = false;

  /** `queue`: whose turns the transfers take; the bus's, or one of a sequence that has the bus. */
  constructor(wired: WiredBus, address: number, queue: SerialQueue) {
    this.address = address;
    this.#wired = wired;
    this.#queue = queue;
  }

  get bus(): number {
    return this.#wired.number;
  }

  async readByte(register: number): Promise<number> {
    this.#checkByte("a register", register);
    return this.#run({ kind: "read", register, length: 1 }, (wire) => wire.readByte(this.address, register));
  }

  async readWord(register: number): Promise<number> {
    this.#checkByte("a register", register);
    return swap(await this.#run({ kind: "read", register, length: 2 }, (wire) => wire.readWord(this.address, register)));
  }

  async readBlock(register: number, length: number): Promise<Uint8Array> {
    this.#checkByte("a register", register);
    this.#checkLength(length, MAX_BLOCK);
    return this.#whole({ kind: "read", register, length }, (wire) => wire.readBlock(this.address, register, length));
  }

  async writeByte(register: number, value: number): Promise<void> {
    this.#checkByte("a register", register);
    this.#checkByte("a byte", value);
    await this.#run({ kind: "write", register, length: 1 }, (wire) => wire.writeByte(this.address, register, value));
  }

  async writeWord(register: number, value: number): Promise<void> {
    this.#checkByte("a register", register);
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw usageError(this, `a word from 0 to 65535, got ${value}`);
    await this.#run({ kind: "write", register, length: 2 }, (wire) => wire.writeWord(this.address, register, swap(value)));
  }

  async writeBlock(register: number, bytes: Uint8Array): Promise<void> {
    this.#checkByte("a register", register);
    this.#checkLength(bytes.length, MAX_BLOCK);
    const copy = bytes.slice(); // its turn comes later, and the caller may go on with its own
    await this.#wholly({ kind: "write", register, length: copy.length }, (wire) => wire.writeBlock(this.address, register, copy));
  }

  async receive(length: number): Promise<Uint8Array> {
    this.#checkLength(length, MAX_RAW);
    return this.#whole({ kind: "receive", length }, (wire) => wire.receive(this.address, length));
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#checkLength(bytes.length, MAX_RAW);
    const copy = bytes.slice();
    await this.#wholly({ kind: "send", length: copy.length }, (wire) => wire.send(this.address, copy));
  }

  /** Whether something answers; tried once. */
  async probe(): Promise<void> {
    await this.#run({ kind: "probe", length: 0 }, (wire) => wire.probe(this.address), 1);
  }

  sequence<T>(steps: (device: I2cDevice) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      this.#checkEnded();
      const { clock, limits } = this.#wired;
      const inner = new WiredDevice(this.#wired, this.address, new SerialQueue());
      try {
        return await withDeadline(
          clock,
          limits.sequence,
          `i2c-${this.bus} address ${hex(this.address)}: a sequence of transfers`,
          steps(inner),
        );
      } finally {
        inner.#isEnded = true;
        await inner.#queue.idle(); // the bus is not given on while one of its transfers runs
      }
    });
  }

  async #whole(transfer: Transfer, work: (wire: I2cWire) => Promise<Uint8Array>): Promise<Uint8Array> {
    const bytes = await this.#run(transfer, work);
    if (bytes.length !== transfer.length) throw shortError(this.#place(transfer), transfer.length, bytes.length);
    return bytes;
  }

  async #wholly(transfer: Transfer, work: (wire: I2cWire) => Promise<number>): Promise<void> {
    const sent = await this.#run(transfer, work);
    if (sent !== transfer.length) throw shortError(this.#place(transfer), transfer.length, sent);
  }

  #run<T>(transfer: Transfer, work: (wire: I2cWire) => Promise<T>, tries: number = TRIES): Promise<T> {
    return this.#queue.run(() => {
      this.#checkEnded();
      return this.#wired.perform(this.#place(transfer), tries, work);
    });
  }

  #place(transfer: Transfer): { readonly bus: number; readonly address: number; readonly transfer: Transfer } {
    return { bus: this.bus, address: this.address, transfer };
  }

  #checkEnded(): void {
    if (!this.#isEnded) return;
    throw new PinionError(
      "I2C_FAILED",
      `i2c-${this.bus} address ${hex(this.address)}: a device of a sequence was used after the sequence ended`,
    );
  }

  #checkByte(what: string, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) throw usageError(this, `${what} from 0 to 255, got ${value}`);
  }

  #checkLength(length: number, limit: number): void {
    if (!Number.isInteger(length) || length < 1 || length > limit)
      throw usageError(this, `a length from 1 to ${limit} bytes, got ${length}`);
  }
}

/** SMBus words go out least significant byte first; chips with 16-bit registers have them the other way round. */
function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
