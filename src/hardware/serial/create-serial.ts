/** The machine's serial ports. */
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { type Clock, systemClock } from "../../base/clock.js";
import { isPinionError, messageOf, systemCode } from "../../base/errors.js";
import { type Roots, SYSTEM_ROOTS } from "../roots.js";
import { hasIdentity, listPorts } from "./list-ports.js";
import { lockHolder } from "./lock-holder.js";
import { openNativePort } from "./native-port.js";
import type { OpenPort, PortEvents, SerialBackend } from "./serial-backend.js";
import { ambiguousError, busyError, missingError, openFailedError, permissionError } from "./serial-errors.js";
import type { Serial, SerialOptions } from "./serial-link.js";
import { SharedSerial } from "./shared-serial.js";
import { watchPath } from "./watch-path.js";

export interface SerialSystemOptions {
  /** For finding ports; paths in `SerialOptions.port` are used as they are. */
  readonly roots?: Roots;
  readonly clock?: Clock;
}

/** Opens nothing and loads nothing before the first port. `close` closes all links still open. */
export function createSerial({ roots = SYSTEM_ROOTS, clock = systemClock }: SerialSystemOptions = {}): Serial & { close(): Promise<void> } {
  const backend: SerialBackend = {
    open: (options, events) => openPort(roots, options, events),
    list: () => listPorts(roots),
    watch: (port, onChange) => {
      if (port.startsWith("/")) return watchPath(port, onChange);
      // A port that is meant by its identity may get any name.
      return watchPath(path.join(roots.dev, "tty"), onChange, (name) => name.startsWith("tty"));
    },
  };
  return new SharedSerial(backend, clock);
}

async function openPort(roots: Roots, options: SerialOptions, events: PortEvents): Promise<OpenPort> {
  const { port } = options;
  const file = port.startsWith("/") ? port : await findPort(roots, port);
  try {
    await access(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw systemCode(error) === "EACCES" ? permissionError(port, error) : missingError(port, await listPorts(roots), error);
  }
  try {
    return await openNativePort(file, options, events);
  } catch (error) {
    throw isPinionError(error) ? error : await openError(roots, { port, file, error });
  }
}

async function findPort(roots: Roots, identity: string): Promise<string> {
  const present = await listPorts(roots);
  const found = present.filter((port) => hasIdentity(port, identity));
  const [only] = found;
  if (only === undefined) throw missingError(identity, present);
  if (found.length > 1) throw ambiguousError(identity, found);
  return only.path;
}

/** By the texts of strerror, which is all that the package passes on. */
async function openError(
  roots: Roots,
  { port, file, error }: { readonly port: string; readonly file: string; readonly error: unknown },
): Promise<Error> {
  const text = messageOf(error);
  if (/cannot lock|resource busy/i.test(text)) return busyError(port, await lockHolder(roots, file), error);
  if (/permission denied/i.test(text)) return permissionError(port, error);
  if (/no such (file|device)/i.test(text)) return missingError(port, await listPorts(roots), error);
  if (/inappropriate ioctl/i.test(text)) return openFailedError(port, "it is not a serial port. Expected a tty", error);
  return openFailedError(port, text, error);
}
