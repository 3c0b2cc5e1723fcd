/** The kernel's simulated I2C chips (i2c-stub): 256 registers of 16 bits at each address, which only keep what is written to them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ADDRESSES } from "../simulated.js";
import { insertModule } from "./system-calls.js";

const STUB_ADDRESSES: readonly number[] = Object.values(ADDRESSES);

/** Writable by the project's change to the kernel. */
const PRESENT = "/sys/module/i2c_stub/parameters/chip_addr";
const ADAPTERS = "/sys/bus/i2c/devices";

/** The raw library: the layer that is tested has no part in this. */
interface RawBus {
  readByteSync(address: number, register: number): number;
  readWordSync(address: number, register: number): number;
  writeByteSync(address: number, register: number, value: number): void;
  writeWordSync(address: number, register: number, value: number): void;
  closeSync(): void;
}

export class I2cStub {
  readonly bus: number;

  private constructor(bus: number) {
    this.bus = bus;
  }

  static insert(): I2cStub {
    const file = process.env["PINION_BOARD_STUB"];
    if (file === undefined) throw new Error("PINION_BOARD_STUB is not set: this runs on the virtual board only (npm run test:board)");
    insertModule(file, `chip_addr=${STUB_ADDRESSES.map((address) => `0x${address.toString(16)}`).join(",")}`);
    return I2cStub.find();
  }

  /** The one that is inserted. */
  static find(): I2cStub {
    const bus = readdirSync(ADAPTERS)
      .filter((name) => /^i2c-\d+$/.test(name))
      .find((name) => readFileSync(path.join(ADAPTERS, name, "name"), "utf8").startsWith("SMBus stub"));
    if (bus === undefined) throw new Error("the module i2c-stub is not inserted");
    return new I2cStub(Number(bus.slice("i2c-".length)));
  }

  /** The chip stops answering, or answers again with what it held. */
  setAbsent(address: number, isAbsent: boolean): void {
    const index = STUB_ADDRESSES.indexOf(address);
    if (index === -1) throw new Error(`no simulated chip is at 0x${address.toString(16)}`);
    const present = readFileSync(PRESENT, "utf8").trim().split(",").map(Number);
    // Nobody asks for address 0.
    present[index] = isAbsent ? 0 : address;
    writeFileSync(PRESENT, present.join(","));
  }

  /** Registers of one byte, from `register` on. */
  setBytes(address: number, register: number, ...values: readonly number[]): void {
    this.#use((bus) => {
      for (const [index, value] of values.entries()) bus.writeByteSync(address, register + index, value);
    });
  }

  /** A register of 16 bits, most significant byte first on the wire. */
  setWord(address: number, register: number, value: number): void {
    this.#use((bus) => bus.writeWordSync(address, register, swapped(value)));
  }

  byte(address: number, register: number): number {
    return this.#use((bus) => bus.readByteSync(address, register));
  }

  word(address: number, register: number): number {
    return swapped(this.#use((bus) => bus.readWordSync(address, register)));
  }

  /** Lets a driver of the kernel have the chip; its files are in the folder. */
  bindKernelDriver(name: string, address: number): string {
    writeFileSync(path.join(this.#folder(), "new_device"), `${name} 0x${address.toString(16)}`);
    const folder = path.join(ADAPTERS, `${this.bus}-${address.toString(16).padStart(4, "0")}`);
    if (!existsSync(path.join(folder, "driver"))) throw new Error(`the kernel's driver refused ${name} at 0x${address.toString(16)}`);
    return folder;
  }

  unbindKernelDriver(address: number): void {
    writeFileSync(path.join(this.#folder(), "delete_device"), `0x${address.toString(16)}`);
  }

  #folder(): string {
    return path.join(ADAPTERS, `i2c-${this.bus}`);
  }

  #use<T>(action: (bus: RawBus) => T): T {
    const { openSync } = createRequire(import.meta.url)("i2c-bus") as typeof import("i2c-bus");
    // Forced: a driver of the kernel may hold the chip.
    const bus = openSync(this.bus, { forceAccess: true });
    try {
      return action(bus);
    } finally {
      bus.closeSync();
    }
  }
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
