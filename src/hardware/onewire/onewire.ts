/** Devices on the kernel's 1-Wire buses. Errors are PinionErrors: ONEWIRE_MISSING (absent, and what there is), ONEWIRE_CHECKSUM, ONEWIRE_FAILED. */
export interface OneWire {
  /** For example `28-000005e2fdc3`. */
  devices(): Promise<readonly string[]>;
  /** The nine bytes of a DS18B20's scratchpad after a conversion; up to a second. */
  readScratchpad(id: string): Promise<Uint8Array>;
}
