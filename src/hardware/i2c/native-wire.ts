/**
 * A bus through the package i2c-bus, which only this file names and which is loaded with the first bus. All calls run on libuv's threads: a bus that
 * hangs never holds up the event loop.
 */
import { createRequire } from "node:module";
import { messageOf, PinionError } from "../../base/errors.js";
import type { I2cWire } from "./i2c-wire.js";

/** What is used of i2c-bus 5.2.3, as it is; its published types have `writeQuick` wrong. */
interface NativeBus {
  readByte(address: number, command: number): Promise<number>;
  readWord(address: number, command: number): Promise<number>;
  readI2cBlock(address: number, command: number, length: number, buffer: Buffer): Promise<{ readonly bytesRead: number }>;
  receiveByte(address: number): Promise<number>;
  writeByte(address: number, command: number, value: number): Promise<void>;
  writeWord(address: number, command: number, value: number): Promise<void>;
  writeI2cBlock(address: number, command: number, length: number, buffer: Buffer): Promise<{ readonly bytesWritten: number }>;
  writeQuick(address: number, bit: number): Promise<void>;
  i2cRead(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesRead: number }>;
  i2cWrite(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesWritten: number }>;
  i2cFuncs(): Promise<{ readonly smbusQuick: boolean; readonly smbusReceiveByte: boolean }>;
  bus(): { closeSync(): void };
}

interface NativeLibrary {
  openSync(bus: number): { promisifiedBus(): NativeBus };
}

export class NativeWire implements I2cWire {
  readonly #number: number;
  #open: NativeBus | undefined;
  #abilities: { readonly smbusQuick: boolean; readonly smbusReceiveByte: boolean } | undefined;

  constructor(number: number) {
    this.#number = number;
  }

  async readByte(address: number, register: number): Promise<number> {
    return this.#bus().readByte(address, register);
  }

  async readWord(address: number, register: number): Promise<number> {
    return this.#bus().readWord(address, register);
  }

  async readBlock(address: number, register: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#bus().readI2cBlock(address, register, length, buffer);
    return buffer.subarray(0, bytesRead);
  }

  async writeByte(address: number, register: number, value: number): Promise<void> {
    await this.#bus().writeByte(address, register, value);
  }

  async writeWord(address: number, register: number, value: number): Promise<void> {
    await this.#bus().writeWord(address, register, value);
  }

  async writeBlock(address: number, register: number, bytes: Uint8Array): Promise<number> {
    const { bytesWritten } = await this.#bus().writeI2cBlock(
      address,
      register,
      bytes.length,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    );
    return bytesWritten;
  }

  async receive(address: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#bus().i2cRead(address, length, buffer);
    return buffer.subarray(0, bytesRead);
  }

  async send(address: number, bytes: Uint8Array): Promise<number> {
    const { bytesWritten } = await this.#bus().i2cWrite(address, bytes.length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return bytesWritten;
  }

  async probe(address: number): Promise<void> {
    // A bus object of its own: each address takes a descriptor, and a scan asks over a hundred.
    const bus = openNative(this.#number);
    try {
      this.#abilities ??= await bus.i2cFuncs();
      const { smbusQuick, smbusReceiveByte } = this.#abilities;
      if (smbusReceiveByte && (!smbusQuick || isEepromLike(address))) await bus.receiveByte(address);
      else await bus.writeQuick(address, 0);
    } finally {
      bus.bus().closeSync();
    }
  }

  drop(): void {
    // Not close(): it leaves the closed descriptors in i2c-bus's table, and later calls would go to whatever has their numbers by then.
    this.#open?.bus().closeSync();
    this.#open = undefined;
  }

  #bus(): NativeBus {
    this.#open ??= openNative(this.#number);
    return this.#open;
  }
}

/** Where i2cdetect reads instead of writing: a quick write can disturb EEPROMs and clock chips there, and a read is safe. */
function isEepromLike(address: number): boolean {
  return (address >= 0x30 && address <= 0x37) || (address >= 0x50 && address <= 0x5f);
}

function openNative(number: number): NativeBus {
  return load().openSync(number).promisifiedBus();
}

function load(): NativeLibrary {
  try {
    return createRequire(import.meta.url)("i2c-bus") as NativeLibrary;
  } catch (cause) {
    const text = `I2C needs the package i2c-bus, which cannot be loaded (${messageOf(cause).split("\n", 1)[0]}): run \`npm install i2c-bus\` where Pinion is installed; it is compiled there and needs python3, make and g++`;
    throw new PinionError("HARDWARE_LIBRARY_MISSING", text, { cause });
  }
}

/** Loads the package now, for those who cannot wait for it later. */
export function preloadI2c(): void {
  load();
}
