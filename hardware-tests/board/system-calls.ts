/** What the rig needs of the kernel and no tool of a minimal Debian offers: modules, and the loopback interface. */
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";

type Koffi = typeof import("koffi");

interface Calls {
  readonly syscall: (number: bigint, ...args: readonly unknown[]) => bigint;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly ioctl: (fd: number, request: bigint, ...args: readonly unknown[]) => number;
  readonly errno: () => number;
}

const FINIT_MODULE = 313n;
const SET_INTERFACE_FLAGS = 0x8914n;
const UP_AND_RUNNING = 0x41;

let loaded: Calls | undefined;

function calls(): Calls {
  if (loaded !== undefined) return loaded;
  const koffi = createRequire(import.meta.url)("koffi") as Koffi;
  const c = koffi.load("libc.so.6");
  loaded = {
    syscall: c.func("long syscall(long number, ...)"),
    socket: c.func("int socket(int domain, int type, int protocol)"),
    ioctl: c.func("int ioctl(int fd, unsigned long request, ...)"),
    errno: () => koffi.errno(),
  };
  return loaded;
}

/** As insmod does. */
export function insertModule(file: string, parameters: string): void {
  const fd = openSync(file, "r");
  try {
    const result = calls().syscall(FINIT_MODULE, "int", fd, "str", parameters, "int", 0);
    if (Number(result) !== 0) throw new Error(`inserting ${file} with ${parameters} failed: errno ${calls().errno()}`);
  } finally {
    closeSync(fd);
  }
}

export function raiseLoopback(): void {
  const fd = calls().socket(2, 2, 0);
  const request = Buffer.alloc(40);
  request.write("lo");
  request.writeInt16LE(UP_AND_RUNNING, 16);
  const result = calls().ioctl(fd, SET_INTERFACE_FLAGS, "void *", request);
  closeSync(fd);
  if (result !== 0) throw new Error(`raising the loopback interface failed: errno ${calls().errno()}`);
}
