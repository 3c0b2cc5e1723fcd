/**
 * Serial ports with a device behind them, from /sys alone: udev need not run. Unlike the `list` of serialport it knows the Jetson's header UARTs (ttyTHS) too.
 */
import { access, readdir, readFile, readlink, realpath } from "node:fs/promises";
import path from "node:path";
import type { Roots } from "../roots.js";
import type { SerialPortInfo } from "./serial-link.js";

export async function listPorts(roots: Roots): Promise<readonly SerialPortInfo[]> {
  const [names, links] = await Promise.all([list(path.join(roots.sys, "class/tty")), linksByTarget(roots)]);
  const ports = await Promise.all(names.map((name) => portOf(roots, name, links)));
  return ports.filter((port) => port !== undefined).toSorted((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

/** Whether a port is what `vendor:product[:serial]` means. */
export function hasIdentity({ identity }: SerialPortInfo, wanted: string): boolean {
  if (identity === undefined) return false;
  const [present, asked] = [identity.toLowerCase(), wanted.toLowerCase()];
  return present === asked || present.startsWith(`${asked}:`);
}

async function portOf(roots: Roots, name: string, links: ReadonlyMap<string, readonly string[]>): Promise<SerialPortInfo | undefined> {
  const folder = path.join(roots.sys, "class/tty", name);
  const device = await quiet(realpath(path.join(folder, "device")));
  if (device === undefined) return undefined; // a console or a pseudo-terminal
  // The kernel keeps ttyS0 to ttyS31 for ports that a PC might have; type 0 is one that is not there.
  if ((await textOf(folder, "type")) === "0") return undefined;
  const file = path.join(roots.dev, name);
  if ((await quiet(access(file).then(() => true))) === undefined) return undefined;
  const usb = await usbDeviceOf(device, roots.sys);
  const description = usb?.description ?? (await driverOf(device));
  return { path: file, links: links.get(file) ?? [], identity: usb?.identity, description };
}

/** The USB device that a tty's device belongs to: the first folder upwards that says so. */
async function usbDeviceOf(
  device: string,
  sys: string,
): Promise<{ readonly identity: string; readonly description: string | undefined } | undefined> {
  const top = (await quiet(realpath(sys))) ?? sys;
  for (let folder = device; folder.startsWith(`${top}/`); folder = path.dirname(folder)) {
    const vendor = await textOf(folder, "idVendor");
    const product = await textOf(folder, "idProduct");
    if (vendor === undefined || product === undefined) continue;
    const serial = await textOf(folder, "serial");
    const names = [await textOf(folder, "manufacturer"), await textOf(folder, "product")].filter((text) => text !== undefined);
    return {
      identity: [vendor, product, ...(serial === undefined ? [] : [serial])].join(":"),
      description: names.length === 0 ? undefined : names.join(" "),
    };
  }
  return undefined;
}

/** Since Linux 6.5 a UART's tty belongs to a "port" of a "ctrl" of the device that has the driver. */
async function driverOf(device: string): Promise<string | undefined> {
  for (const folder of [device, path.dirname(device), path.dirname(path.dirname(device))]) {
    const driver = path.basename((await quiet(readlink(path.join(folder, "driver")))) ?? "");
    if (driver !== "" && driver !== "port" && driver !== "ctrl") return driver;
  }
  return undefined;
}

/** udev's links, and those of Raspberry Pi OS to the header's UART (serial0), by what they point to. */
async function linksByTarget(roots: Roots): Promise<ReadonlyMap<string, readonly string[]>> {
  const folders = [path.join(roots.dev, "serial/by-id"), path.join(roots.dev, "serial/by-path")];
  const below = await Promise.all(folders.map(async (folder) => (await list(folder)).map((name) => path.join(folder, name))));
  const header = (await list(roots.dev)).filter((name) => /^serial\d+$/.test(name)).map((name) => path.join(roots.dev, name));
  const links = new Map<string, string[]>();
  const dev = (await quiet(realpath(roots.dev))) ?? roots.dev;
  for (const link of [...below.flat(), ...header]) {
    const target = await quiet(realpath(link));
    if (target === undefined || path.dirname(target) !== dev) continue;
    const file = path.join(roots.dev, path.basename(target));
    links.set(file, [...(links.get(file) ?? []), link]);
  }
  return links;
}

async function list(folder: string): Promise<readonly string[]> {
  return (await quiet(readdir(folder))) ?? [];
}

/** The text of an attribute; undefined when it is missing or empty. */
async function textOf(folder: string, attribute: string): Promise<string | undefined> {
  const text = (await quiet(readFile(path.join(folder, attribute), "utf8")))?.trim();
  return text === "" ? undefined : text;
}

/** What is missing in /sys is missing on this machine: a device may also go while it is looked at. */
async function quiet<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
