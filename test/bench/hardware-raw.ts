/** The floor under the hardware layer: the libraries of native code with next to nothing around them. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Gpio } from "onoff";
import {
  decodeEvent,
  decodeRequestDescriptor,
  EVENT_BYTES,
  encodeLineRequest,
  encodeLineValues,
  FIONBIO,
  FLAG,
  GET_LINE,
  LINE_SET_VALUES,
  LINE_VALUES_BYTES,
} from "../../src/hardware/gpio/character-device/abi.js";
import type { LineAddress } from "../../src/hardware/index.js";

const SYSFS = "/sys/class/gpio";
const load = createRequire(import.meta.url);

type Ioctl = (descriptor: number, request: number, data: Uint8Array) => number;

/** The package epoll comes without types. */
interface EpollLibrary {
  readonly Epoll: {
    new (listener: () => void): { add(descriptor: number, events: number): void; remove(descriptor: number): void; close(): void };
    readonly EPOLLIN: number;
  };
}

/** `onEdge` gets the kernel's time of an edge, nanoseconds of CLOCK_MONOTONIC; undefined where the library does not tell. */
export type OnEdge = (time: bigint | undefined) => void;

/** What onoff calls the line: a number that moves between boots. */
export function onoffLine({ chip, offset }: LineAddress, direction: "in" | "out"): Gpio {
  const folder = readdirSync(SYSFS).find((name) => /^gpiochip\d+$/.test(name) && textOf(name, "label") === chip);
  if (folder === undefined) throw new Error(`${SYSFS} has no chip ${chip}: onoff needs GPIO through sysfs (CONFIG_GPIO_SYSFS)`);
  const { Gpio: OnoffGpio } = load("onoff") as typeof import("onoff");
  return new OnoffGpio(Number(textOf(folder, "base")) + offset, direction, direction === "in" ? "both" : "none");
}

export function watchWithOnoff(lines: readonly LineAddress[], onEdge: OnEdge): () => void {
  const watched = lines.map((line) => onoffLine(line, "in"));
  for (const line of watched) {
    line.watch((error) => {
      if (!error) onEdge(undefined);
    });
  }
  return () => {
    for (const line of watched) line.unexport();
  };
}

/** Lines of the chip at `/dev/NAME`: one request by `ioctl`, through koffi. */
export class RawLines {
  readonly #descriptor: number;
  readonly #ioctl: Ioctl;

  constructor(name: string, offsets: readonly number[], isOutput: boolean) {
    const koffi = load("koffi") as typeof import("koffi");
    this.#ioctl = koffi.load(null).func("int ioctl(int descriptor, unsigned long request, void *data)") as Ioctl;
    const flags = isOutput ? FLAG.output : FLAG.input | FLAG.edgeRising | FLAG.edgeFalling;
    const request = encodeLineRequest({ offsets, consumer: "bench", flags });
    const chip = openSync(path.join("/dev", name), "r+");
    const result = this.#ioctl(chip, GET_LINE, request);
    closeSync(chip);
    if (result < 0) throw new Error(`/dev/${name} refused lines ${offsets.join(", ")}: errno ${koffi.errno()}`);
    this.#descriptor = decodeRequestDescriptor(request);
  }

  /** What sets the first line. */
  setter(): (isHigh: boolean) => void {
    const values = new Uint8Array(LINE_VALUES_BYTES);
    return (isHigh) => {
      encodeLineValues(values, isHigh ? 1n : 0n, 1n);
      this.#ioctl(this.#descriptor, LINE_SET_VALUES, values);
    };
  }

  /** Returns what ends it. */
  watch(onEdge: OnEdge): () => void {
    const { Epoll } = load("epoll") as EpollLibrary;
    const buffer = new Uint8Array(EVENT_BYTES * 64);
    const view = new DataView(buffer.buffer);
    // What one callback has read, another may have been called for.
    this.#ioctl(this.#descriptor, FIONBIO, new Uint8Array([1, 0, 0, 0]));
    const epoll = new Epoll(() => {
      const bytes = readOrNothing(this.#descriptor, buffer);
      for (let at = 0; at < bytes; at += EVENT_BYTES) onEdge(decodeEvent(view, at).time);
    });
    epoll.add(this.#descriptor, Epoll.EPOLLIN);
    return () => {
      epoll.remove(this.#descriptor);
      epoll.close();
      this.close();
    };
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function readOrNothing(descriptor: number, buffer: Uint8Array): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch {
    return 0; // EAGAIN
  }
}

function textOf(folder: string, file: string): string {
  return readFileSync(path.join(SYSFS, folder, file), "utf8").trim();
}
