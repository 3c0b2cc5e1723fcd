/**
 * What carries transfers to one bus: the kernel, or a fake. One call at a time; failures are errors with the kernel's `code` (EREMOTEIO …) and, where
 * it matters, `syscall`. Order, deadlines, retries and texts are made above, in `wired-bus.ts`.
 */

export interface I2cWire {
  readByte(address: number, register: number): Promise<number>;
  /** Least significant byte first, as SMBus defines it. */
  readWord(address: number, register: number): Promise<number>;
  /** Fewer bytes than asked for when the device stopped early. */
  readBlock(address: number, register: number, length: number): Promise<Uint8Array>;
  writeByte(address: number, register: number, value: number): Promise<void>;
  /** Least significant byte first, as SMBus defines it. */
  writeWord(address: number, register: number, value: number): Promise<void>;
  /** How many bytes went out. */
  writeBlock(address: number, register: number, bytes: Uint8Array): Promise<number>;
  receive(address: number, length: number): Promise<Uint8Array>;
  /** How many bytes went out. */
  send(address: number, bytes: Uint8Array): Promise<number>;
  /** Whether something answers, with a transfer that changes as little as possible. */
  probe(address: number): Promise<void>;
  /** Gives back what is open; the next call opens it again. Never called while a call is under way. */
  drop(): void;
}

export interface BusName {
  readonly number: number;
  readonly name: string;
}

/** Where wires come from. */
export interface WireSource {
  buses(): readonly BusName[];
  openWire(bus: number): I2cWire;
  /** The name of the kernel's driver that has the address. */
  boundDriver(bus: number, address: number): string | undefined;
}

/** What a transfer does, for the text of its error. */
export interface Transfer {
  readonly kind: "read" | "write" | "receive" | "send" | "probe";
  readonly register?: number;
  readonly length: number;
}
