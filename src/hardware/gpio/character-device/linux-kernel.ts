/** The running kernel: libc's `ioctl` through the package `koffi`, which only this file names. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { getSystemErrorName } from "node:util";
import { systemCode } from "../../../base/errors.js";
import type { Roots } from "../../roots.js";
import { sysFiles } from "../../sys-files.js";
import { watchDescriptor } from "../descriptor-watcher.js";
import { libraryMissing } from "../native-library.js";
import { type GpioKernel, SystemError } from "./kernel.js";

type Ioctl = (descriptor: number, request: number, data: Uint8Array) => number;

// Signals that interrupt a call again and again are not expected; an endless loop would be worse than the error.
const MAX_RETRIES = 100;

export function createLinuxKernel(roots: Roots): GpioKernel {
  return {
    devices: () => listDevices(roots.dev),
    open: (file) => openSync(file, "r+"),
    close: closeSync,
    ioctl,
    read(descriptor, buffer) {
      for (let tries = 0; ; tries += 1) {
        try {
          return readSync(descriptor, buffer, 0, buffer.length, null);
        } catch (error) {
          const code = systemCode(error);
          if (code === "EAGAIN") return 0;
          if (code !== "EINTR" || tries === MAX_RETRIES) throw error;
        }
      }
    },
    onReadable: (descriptor, listener) => watchDescriptor(descriptor, "data", listener),
  };
}

let native: { readonly call: Ioctl; readonly errno: () => number } | undefined;

function ioctl(descriptor: number, request: number, data: Uint8Array): void {
  native ??= loadIoctl();
  for (let tries = 0; native.call(descriptor, request, data) < 0; tries += 1) {
    const code = getSystemErrorName(-native.errno());
    if ((code !== "EINTR" && code !== "EAGAIN") || tries === MAX_RETRIES) throw new SystemError(code, `ioctl 0x${request.toString(16)}`);
  }
}

function loadIoctl(): NonNullable<typeof native> {
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    // Of the running program: works with every libc, whatever its file is called.
    const call = koffi.load(null).func("int ioctl(int descriptor, unsigned long request, void *data)") as Ioctl;
    return { call, errno: () => koffi.errno() };
  } catch (error) {
    throw libraryMissing("koffi", "the character device of GPIO", error);
  }
}

/** Links (Raspberry Pi 5 has one for old programs) lead to devices that are in the list already. */
function listDevices(folder: string): readonly string[] {
  const seen = new Set<number>();
  return sysFiles
    .list(folder)
    .flatMap((name) => {
      const number = /^gpiochip(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [{ file: path.join(folder, name), number: Number(number) }];
    })
    .toSorted((a, b) => a.number - b.number)
    .filter(({ file }) => {
      try {
        const { rdev } = statSync(file);
        if (seen.has(rdev)) return false;
        seen.add(rdev);
        return true;
      } catch {
        return false; // gone, or a link to nothing
      }
    })
    .map(({ file }) => file);
}
