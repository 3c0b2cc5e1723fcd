/** What the character device needs of the kernel. A port, so that tests can play it. */

export interface GpioKernel {
  /** Paths of the character devices there are, each device once, in the order of their numbers. */
  devices(): readonly string[];
  open(path: string): number;
  close(descriptor: number): void;
  /** `data` goes in and out. Throws a SystemError. */
  ioctl(descriptor: number, request: number, data: Uint8Array): void;
  /** Bytes read into `buffer`; 0 when there is nothing to read. */
  read(descriptor: number, buffer: Uint8Array): number;
  /** Calls `listener` whenever there is something to read, until the returned function is called, which must be before the descriptor is closed. */
  onReadable(descriptor: number, listener: () => void): () => void;
}

/** The kernel said no. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** `EBUSY`. */
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${what}: ${code}`);
    this.code = code;
  }
}
