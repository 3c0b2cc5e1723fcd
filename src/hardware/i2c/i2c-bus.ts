/**
 * An I2C bus. One queue per bus and process: transfers never mix, a `sequence` is not interrupted by others of this process.
 * Errors are PinionErrors that name bus, address and register: I2C_NO_ANSWER (absent), I2C_ARBITRATION_LOST, I2C_BUS_HELD (clock held low, time-out),
 * I2C_ADDRESS_BUSY (a driver of the kernel has it), I2C_PERMISSION, I2C_BUS_MISSING, I2C_UNSUPPORTED, I2C_SHORT, I2C_FAILED.
 * Lost arbitration and no answer are tried again before they are reported.
 */

/** Transfers with the device at one address (7 bits, 0x03 to 0x77). */
export interface I2cDevice {
  readonly bus: number;
  readonly address: number;
  /** SMBus "read byte data". */
  readByte(register: number): Promise<number>;
  /** 16 bits, most significant byte first, as one SMBus word. */
  readWord(register: number): Promise<number>;
  /** 1 to 32 bytes from this register on, with a repeated start. */
  readBlock(register: number, length: number): Promise<Uint8Array>;
  writeByte(register: number, value: number): Promise<void>;
  /** 16 bits, most significant byte first, as one SMBus word. */
  writeWord(register: number, value: number): Promise<void>;
  /** 1 to 32 bytes. */
  writeBlock(register: number, bytes: Uint8Array): Promise<void>;
  /** Raw, for chips with commands instead of registers; not everywhere (the kernel's i2c-stub refuses). */
  receive(length: number): Promise<Uint8Array>;
  send(bytes: Uint8Array): Promise<void>;
  /** Several transfers that belong together: nobody else of this process has the bus until `steps` settles. Use only the device it is given. */
  sequence<T>(steps: (device: I2cDevice) => Promise<T>): Promise<T>;
}

export interface I2c {
  /** Numbers of the buses there are, with their names. */
  buses(): readonly { readonly number: number; readonly name: string }[];
  device(bus: number, address: number): I2cDevice;
  /** Addresses that answer. Those in `skip` are not touched. */
  scan(bus: number, skip?: ReadonlySet<number>): Promise<number[]>;
  close(): Promise<void>;
}
