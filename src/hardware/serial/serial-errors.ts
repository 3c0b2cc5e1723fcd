/** Errors of serial ports: which port, what was found, what to do. */
import { PinionError } from "../../base/errors.js";
import type { SerialOptions, SerialPortInfo } from "./serial-link.js";

export function missingError(port: string, present: readonly SerialPortInfo[], cause?: unknown): PinionError {
  const text = `serial port ${port} is not there: ${presentPorts(present)}. Is the device plugged in and switched on?`;
  return new PinionError("SERIAL_NOT_CONNECTED", text, { cause });
}

export function ambiguousError(port: string, found: readonly SerialPortInfo[]): PinionError {
  const text = `serial port ${port}: expected one device, found ${found.map(describe).join(", ")}. Add the serial number (vendor:product:serial), or use a path below /dev/serial/by-path`;
  return new PinionError("SERIAL_NOT_CONNECTED", text);
}

export function busyError(port: string, holder: string | undefined, cause?: unknown): PinionError {
  const who = holder ?? "another program (or this one, under another name of the port)";
  const text = `serial port ${port} is in use by ${who}: end it first; a login console on it is switched off with \`sudo systemctl disable --now serial-getty@NAME\``;
  return new PinionError("SERIAL_BUSY", text, { cause });
}

export function permissionError(port: string, cause?: unknown): PinionError {
  const text = `no right to open serial port ${port}: add the user that runs Pinion to the group dialout (\`sudo usermod -aG dialout USER\`) and start it again`;
  return new PinionError("SERIAL_PERMISSION", text, { cause });
}

export function lostError(port: string, cause?: unknown): PinionError {
  return new PinionError("SERIAL_NOT_CONNECTED", `serial port ${port} went away: was it unplugged? It is opened again when it comes back`, {
    cause,
  });
}

export function openFailedError(port: string, reason: string, cause?: unknown): PinionError {
  return new PinionError("SERIAL_FAILED", `serial port ${port} cannot be opened: ${reason}`, { cause });
}

export function closedError(port: string): PinionError {
  return new PinionError("SERIAL_FAILED", `serial port ${port} was closed: open it again to use it`);
}

export function otherSettingsError(wanted: SerialOptions, present: SerialOptions): PinionError {
  const text = `serial port ${wanted.port} is open with ${settingsText(present)}: expected the same settings, got ${settingsText(wanted)}`;
  return new PinionError("SERIAL_BUSY", text);
}

/** `115200 8N1` */
export function settingsText({ baudRate, parity = "none", stopBits = 1 }: SerialOptions): string {
  return `${baudRate} 8${{ none: "N", even: "E", odd: "O" }[parity]}${stopBits}`;
}

function presentPorts(present: readonly SerialPortInfo[]): string {
  return present.length === 0 ? "there are no serial ports" : `there are ${present.map(describe).join(", ")}`;
}

function describe({ path, identity, description }: SerialPortInfo): string {
  const details = [identity, description].filter((detail) => detail !== undefined);
  return details.length === 0 ? path : `${path} (${details.join(", ")})`;
}
