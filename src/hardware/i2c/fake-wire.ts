/** One fake bus's wire: SMBus transfers as the writes and reads they are made of. */
import type { FakeI2cChip } from "./fake-chips.js";
import { fakeError } from "./fake-faults.js";
import type { I2cWire } from "./i2c-wire.js";

/** One transfer as it went over the wire, in the order they took place; tries that failed have a `fault`. */
export interface FakeTransfer {
  readonly bus: number;
  readonly address: number;
  readonly kind: "read" | "write" | "receive" | "send" | "probe";
  /** Of reads and writes. */
  readonly register?: number;
  /** What was read or written, without the register. */
  readonly bytes: readonly number[];
  readonly fault?: string;
}

type Addressed = Pick<FakeTransfer, "address" | "kind" | "register">;

interface FakeWirePorts {
  /** Waits, fails, or gives the chip that answers. */
  enter(address: number): Promise<{ readonly chip: FakeI2cChip; readonly isShort: boolean }>;
  readonly log: FakeTransfer[];
}

export class FakeWire implements I2cWire {
  readonly #bus: number;
  readonly #ports: FakeWirePorts;

  constructor(bus: number, ports: FakeWirePorts) {
    this.#bus = bus;
    this.#ports = ports;
  }

  async readByte(address: number, register: number): Promise<number> {
    const [byte] = await this.#read(address, register, 1);
    if (byte === undefined) throw fakeError("failed");
    return byte;
  }

  async readWord(address: number, register: number): Promise<number> {
    const [low, high] = await this.#read(address, register, 2);
    if (low === undefined || high === undefined) throw fakeError("failed");
    return (high << 8) | low;
  }

  readBlock(address: number, register: number, length: number): Promise<Uint8Array> {
    return this.#read(address, register, length);
  }

  async writeByte(address: number, register: number, value: number): Promise<void> {
    const sent = await this.#write(address, register, Uint8Array.of(value));
    if (sent < 1) throw fakeError("failed");
  }

  async writeWord(address: number, register: number, value: number): Promise<void> {
    const sent = await this.#write(address, register, Uint8Array.of(value & 0xff, value >> 8));
    if (sent < 2) throw fakeError("failed");
  }

  writeBlock(address: number, register: number, bytes: Uint8Array): Promise<number> {
    return this.#write(address, register, bytes);
  }

  receive(address: number, length: number): Promise<Uint8Array> {
    return this.#take({ address, kind: "receive" }, length);
  }

  send(address: number, bytes: Uint8Array): Promise<number> {
    return this.#give({ address, kind: "send" }, bytes);
  }

  async probe(address: number): Promise<void> {
    await this.#logged({ address, kind: "probe" }, async () => {
      await this.#ports.enter(address);
      return new Uint8Array();
    });
  }

  drop(): void {
    // nothing is open
  }

  #read(address: number, register: number, length: number): Promise<Uint8Array> {
    return this.#take({ address, kind: "read", register }, length);
  }

  #write(address: number, register: number, bytes: Uint8Array): Promise<number> {
    return this.#give({ address, kind: "write", register }, bytes);
  }

  #take(what: Addressed, length: number): Promise<Uint8Array> {
    return this.#logged(what, async () => {
      const { chip, isShort } = await this.#ports.enter(what.address);
      if (what.register !== undefined) chip.write(Uint8Array.of(what.register));
      const bytes = chip.read(length);
      return isShort ? bytes.subarray(0, -1) : bytes;
    });
  }

  async #give(what: Addressed, bytes: Uint8Array): Promise<number> {
    const work = async (): Promise<Uint8Array> => {
      const { chip, isShort } = await this.#ports.enter(what.address);
      const taken = isShort ? bytes.subarray(0, -1) : bytes;
      chip.write(what.register === undefined ? taken : Uint8Array.of(what.register, ...taken));
      return taken;
    };
    const sent = await this.#logged(what, work, bytes);
    return sent.length;
  }

  /** `given`: what was to be written, for tries that fail. */
  async #logged(what: Addressed, work: () => Promise<Uint8Array>, given: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
    try {
      const bytes = await work();
      this.#ports.log.push({ bus: this.#bus, ...what, bytes: [...bytes] });
      return bytes;
    } catch (error) {
      const fault = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#ports.log.push({ bus: this.#bus, ...what, bytes: [...given], fault });
      throw error;
    }
  }
}
