import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { Roots } from "../../../src/hardware/roots.js";
import { hasIdentity, listPorts } from "../../../src/hardware/serial/list-ports.js";
import { tempFolder } from "../../support/temp-folder.js";

/** A board with a header UART, a phantom one, a console, two USB adapters; one of them with a serial number. */
function machine(t: TestContext): Roots {
  const folder = tempFolder(t);
  const roots = { sys: path.join(folder, "sys"), dev: path.join(folder, "dev"), proc: path.join(folder, "proc") };
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  const tty = (name: string, device?: string): void => {
    mkdirSync(path.join(roots.sys, "class/tty", name), { recursive: true });
    write(`dev/${name}`, "");
    if (device === undefined) return;
    mkdirSync(path.join(roots.sys, "devices", device), { recursive: true });
    symlinkSync(path.join("../../../devices", device), path.join(roots.sys, "class/tty", name, "device"));
  };
  tty("tty0");
  tty("ttyTHS1", "platform/3100000.serial");
  mkdirSync(path.join(roots.sys, "bus/platform/drivers/serial-tegra"), { recursive: true });
  symlinkSync("../../../bus/platform/drivers/serial-tegra", path.join(roots.sys, "devices/platform/3100000.serial/driver"));
  write("sys/class/tty/ttyTHS1/type", "20\n");
  tty("ttyS0", "platform/serial8250");
  write("sys/class/tty/ttyS0/type", "0\n");
  tty("ttyUSB10", "usb1/1-2/1-2:1.0/ttyUSB10");
  write("sys/devices/usb1/1-2/idVendor", "1a86\n");
  write("sys/devices/usb1/1-2/idProduct", "7523\n");
  write("sys/devices/usb1/1-2/product", "USB Serial\n");
  tty("ttyUSB2", "usb1/1-3/1-3:1.0/ttyUSB2");
  write("sys/devices/usb1/1-3/idVendor", "0403\n");
  write("sys/devices/usb1/1-3/idProduct", "6001\n");
  write("sys/devices/usb1/1-3/serial", "A50285BI\n");
  write("sys/devices/usb1/1-3/manufacturer", "FTDI\n");
  write("sys/devices/usb1/1-3/product", "FT232R USB UART\n");
  mkdirSync(path.join(roots.dev, "serial/by-id"), { recursive: true });
  symlinkSync("../../ttyUSB2", path.join(roots.dev, "serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"));
  symlinkSync("ttyTHS1", path.join(roots.dev, "serial0"));
  return roots;
}

test("ports with a device are listed, with their links and what they are", async (t) => {
  const roots = machine(t);
  const at = (file: string): string => path.join(roots.dev, file);
  assert.deepEqual(await listPorts(roots), [
    { path: at("ttyTHS1"), links: [at("serial0")], identity: undefined, description: "serial-tegra" },
    {
      path: at("ttyUSB2"),
      links: [at("serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0")],
      identity: "0403:6001:A50285BI",
      description: "FTDI FT232R USB UART",
    },
    { path: at("ttyUSB10"), links: [], identity: "1a86:7523", description: "USB Serial" },
  ]);
});

test("an identity without a serial number means any, one with it means that one", async (t) => {
  const ports = await listPorts(machine(t));
  const found = (wanted: string): readonly string[] =>
    ports.filter((port) => hasIdentity(port, wanted)).map(({ path: file }) => path.basename(file));
  assert.deepEqual(found("0403:6001"), ["ttyUSB2"]);
  assert.deepEqual(found("0403:6001:A50285BI"), ["ttyUSB2"]);
  assert.deepEqual(found("0403:6001:A5"), []);
  assert.deepEqual(found("1A86:7523"), ["ttyUSB10"]);
  assert.deepEqual(found("1a86:752"), []);
});

test("a machine without serial ports has none", async () => {
  assert.deepEqual(await listPorts({ sys: "/nowhere", dev: "/nowhere", proc: "/nowhere" }), []);
});
