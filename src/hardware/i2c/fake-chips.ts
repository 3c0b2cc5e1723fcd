/** Chips for the fake bus. To the wire every chip is the same: bytes written to it, and bytes read from where the last write left it. */

/** Throw `fakeNoAnswer()` from either method for a chip that does not acknowledge. */
export interface FakeI2cChip {
  /** One write, the register first for chips that have registers. */
  write(bytes: Uint8Array): void;
  /** One read; fewer bytes for a chip that stops early. */
  read(length: number): Uint8Array;
}

export interface FakeRegisterOptions {
  /** Contents at power-on by register; the others are 0. Several values fill the registers from there on. */
  readonly registers?: Readonly<Record<number, number | readonly number[]>>;
  /** Left out: true. PCA9685 and others have a bit for it. */
  readonly autoIncrement?: boolean | ((chip: FakeRegisterChip) => boolean);
  /** After a register was written, for example to clear a reset bit: `chip.bytes[register] &= 0x7f`. */
  readonly onWrite?: (register: number, value: number, chip: FakeRegisterChip) => void;
  /** Before a register is read, for example to raise a data-ready bit. */
  readonly onRead?: (register: number, chip: FakeRegisterChip) => void;
}

/** 256 registers of one byte. */
export class FakeRegisterChip implements FakeI2cChip {
  readonly bytes: Uint8Array = new Uint8Array(256);
  readonly #options: FakeRegisterOptions;
  #pointer = 0;

  constructor(options: FakeRegisterOptions = {}) {
    this.#options = options;
    for (const [register, values] of Object.entries(options.registers ?? {})) this.bytes.set([values].flat(), Number(register));
  }

  /** Fills registers from `register` on, without the hooks. */
  set(register: number, ...values: readonly number[]): void {
    this.bytes.set(values, register);
  }

  write(bytes: Uint8Array): void {
    const [register, ...values] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    for (const value of values) {
      const at = this.#pointer;
      this.bytes[at] = value;
      this.#step();
      this.#options.onWrite?.(at, value, this);
    }
  }

  read(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => {
      const at = this.#pointer;
      this.#options.onRead?.(at, this);
      this.#step();
      return this.bytes[at] ?? 0;
    });
  }

  #step(): void {
    const { autoIncrement = true } = this.#options;
    const isStepping = typeof autoIncrement === "function" ? autoIncrement(this) : autoIncrement;
    if (isStepping) this.#pointer = (this.#pointer + 1) & 0xff;
  }
}

export interface FakeWordOptions {
  /** Contents at power-on by register, 16 bits each; the others are 0. */
  readonly registers?: Readonly<Record<number, number>>;
  /** After a register was written. */
  readonly onWrite?: (register: number, value: number, chip: FakeWordChip) => void;
  /** Before a register is read. */
  readonly onRead?: (register: number, chip: FakeWordChip) => void;
}

/** 256 registers of 16 bits, most significant byte first (INA219, INA226, ADS1115). The register does not move on by itself. */
export class FakeWordChip implements FakeI2cChip {
  readonly words: Uint16Array = new Uint16Array(256);
  readonly #options: FakeWordOptions;
  #pointer = 0;

  constructor(options: FakeWordOptions = {}) {
    this.#options = options;
    for (const [register, value] of Object.entries(options.registers ?? {})) this.words[Number(register)] = value;
  }

  write(bytes: Uint8Array): void {
    const [register, high, low] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    if (high === undefined || low === undefined) return;
    const value = (high << 8) | low;
    this.words[register] = value;
    this.#options.onWrite?.(register, value, this);
  }

  read(length: number): Uint8Array {
    this.#options.onRead?.(this.#pointer, this);
    const word = this.words[this.#pointer] ?? 0;
    return Uint8Array.from({ length }, (_, index) => (index % 2 === 0 ? word >> 8 : word & 0xff));
  }
}

/** A chip with commands: `onReceive` gives the bytes for a read of `length`, `onSend` sees each write. */
export class FakeRawChip implements FakeI2cChip {
  readonly #handlers: {
    readonly onSend?: (bytes: Uint8Array) => void;
    readonly onReceive?: (length: number) => Uint8Array | readonly number[];
  };

  constructor(handlers: {
    readonly onSend?: (bytes: Uint8Array) => void;
    readonly onReceive?: (length: number) => Uint8Array | readonly number[];
  }) {
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array): void {
    this.#handlers.onSend?.(bytes);
  }

  read(length: number): Uint8Array {
    return Uint8Array.from(this.#handlers.onReceive?.(length) ?? []);
  }
}
