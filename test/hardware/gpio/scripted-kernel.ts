/** The kernel's side of the character device, in memory: reads requests at the offsets of its header, not through the code under test. */
import { type GpioKernel, SystemError } from "../../../src/hardware/gpio/character-device/kernel.js";

export interface ScriptedChip {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
  readonly names?: Readonly<Record<number, string>>;
  /** Fails `open`. */
  readonly openError?: string;
}

export interface ScriptedRequest {
  readonly chip: ScriptedChip;
  readonly offsets: readonly number[];
  readonly consumer: string;
  readonly flags: bigint;
  readonly attributes: readonly { readonly id: number; readonly value: bigint; readonly mask: bigint }[];
  readonly eventBufferSize: number;
  levels: bigint;
  readonly events: Uint8Array[];
  isNonBlocking: boolean;
  listener: (() => void) | undefined;
  isClosed: boolean;
}

export class ScriptedKernel implements GpioKernel {
  chips: ScriptedChip[];
  readonly requests: ScriptedRequest[] = [];
  /** `GET_LINE` fails with these, one after the other. */
  readonly refusals: string[] = [];
  /** Without version 2. */
  isOld = false;
  /** Everything with the request's descriptor fails with it. */
  failure: string | undefined;
  /** Descriptors that are open. */
  readonly descriptors: Map<number, ScriptedChip | ScriptedRequest> = new Map();
  #next = 10;

  constructor(...chips: readonly ScriptedChip[]) {
    this.chips = [...chips];
  }

  devices(): readonly string[] {
    return this.chips.map(({ name }) => `/dev/${name}`);
  }

  open(path: string): number {
    const chip = this.chips.find(({ name }) => `/dev/${name}` === path);
    if (chip === undefined) throw new SystemError("ENOENT", path);
    if (chip.openError !== undefined) throw new SystemError(chip.openError, path);
    return this.#add(chip);
  }

  close(descriptor: number): void {
    const what = this.descriptors.get(descriptor);
    if (what === undefined) throw new SystemError("EBADF", "close");
    if ("offsets" in what) {
      if (what.listener !== undefined) throw new Error("closed while it was watched");
      what.isClosed = true;
    }
    this.descriptors.delete(descriptor);
  }

  ioctl(descriptor: number, request: number, data: Uint8Array): void {
    const what = this.descriptors.get(descriptor);
    if (what === undefined) throw new SystemError("EBADF", "ioctl");
    if ("offsets" in what) this.#requestCall(what, request, data);
    else this.#chipCall(what, request, data);
  }

  read(descriptor: number, buffer: Uint8Array): number {
    const request = this.descriptors.get(descriptor);
    if (request === undefined || !("offsets" in request)) throw new SystemError("EBADF", "read");
    if (this.failure !== undefined) throw new SystemError(this.failure, "read");
    const events = request.events.splice(0, Math.floor(buffer.length / 48));
    for (const [index, event] of events.entries()) buffer.set(event, index * 48);
    return events.length * 48;
  }

  onReadable(descriptor: number, listener: () => void): () => void {
    const request = this.descriptors.get(descriptor);
    if (request === undefined || !("offsets" in request)) throw new SystemError("EBADF", "epoll");
    request.listener = listener;
    return () => {
      request.listener = undefined;
    };
  }

  /** An event comes in. */
  addEvent(
    request: ScriptedRequest,
    { offset, isRising, time = 0n, sequence }: { offset: number; isRising: boolean; time?: bigint; sequence: number },
  ): void {
    const bytes = Buffer.alloc(48);
    bytes.writeBigUInt64LE(time, 0);
    bytes.writeUInt32LE(isRising ? 1 : 2, 8);
    bytes.writeUInt32LE(offset, 12);
    bytes.writeUInt32LE(sequence, 16);
    request.events.push(bytes);
  }

  #add(what: ScriptedChip | ScriptedRequest): number {
    const descriptor = this.#next++;
    this.descriptors.set(descriptor, what);
    return descriptor;
  }

  #chipCall(chip: ScriptedChip, request: number, data: Uint8Array): void {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    if (this.isOld && request !== 0x8044b401) throw new SystemError("EINVAL", "ioctl");
    switch (request) {
      case 0x8044b401:
        bytes.write(chip.name, 0);
        bytes.write(chip.label, 32);
        bytes.writeUInt32LE(chip.lines, 64);
        return;
      case 0xc100b405: {
        const offset = bytes.readUInt32LE(64);
        if (offset >= chip.lines) throw new SystemError("EINVAL", "line info");
        const holder = this.#holder(chip, offset);
        bytes.write(chip.names?.[offset] ?? "", 0);
        bytes.write(holder?.consumer ?? "", 32);
        bytes.writeBigUInt64LE(holder === undefined ? 4n : (holder.flags & ~1n) | 1n, 72);
        return;
      }
      case 0xc250b407:
        bytes.writeInt32LE(this.#request(chip, bytes), 588);
        return;
      default:
        throw new SystemError("ENOTTY", "ioctl");
    }
  }

  #request(chip: ScriptedChip, bytes: Buffer): number {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw new SystemError(refusal, "GET_LINE");
    const count = bytes.readUInt32LE(560);
    const offsets = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * 4));
    if (offsets.some((offset) => this.#holder(chip, offset) !== undefined)) throw new SystemError("EBUSY", "GET_LINE");
    const attributes = Array.from({ length: bytes.readUInt32LE(296) }, (_, index) => ({
      id: bytes.readUInt32LE(320 + index * 24),
      value: bytes.readBigUInt64LE(328 + index * 24),
      mask: bytes.readBigUInt64LE(336 + index * 24),
    }));
    const request: ScriptedRequest = {
      chip,
      offsets,
      consumer: bytes.toString("utf8", 256, 288).replace(/\0.*$/s, ""),
      flags: bytes.readBigUInt64LE(288),
      attributes,
      eventBufferSize: bytes.readUInt32LE(564),
      levels: attributes.find(({ id }) => id === 2)?.value ?? 0n,
      events: [],
      isNonBlocking: false,
      listener: undefined,
      isClosed: false,
    };
    this.requests.push(request);
    return this.#add(request);
  }

  #requestCall(what: ScriptedRequest, request: number, data: Uint8Array): void {
    if (this.failure !== undefined) throw new SystemError(this.failure, "ioctl");
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    const mask = request === 0x5421 ? 0n : bytes.readBigUInt64LE(8);
    switch (request) {
      case 0x5421:
        what.isNonBlocking = bytes.readInt32LE(0) === 1;
        return;
      case 0xc010b40e:
        bytes.writeBigUInt64LE(what.levels & mask, 0);
        return;
      case 0xc010b40f:
        what.levels = (what.levels & ~mask) | (bytes.readBigUInt64LE(0) & mask);
        return;
      default:
        throw new SystemError("ENOTTY", "ioctl");
    }
  }

  #holder(chip: ScriptedChip, offset: number): ScriptedRequest | undefined {
    return this.requests.find((request) => !request.isClosed && request.chip === chip && request.offsets.includes(offset));
  }
}
