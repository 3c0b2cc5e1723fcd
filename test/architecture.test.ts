/** The import table of the house: who may import whom. Type imports count. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../src/base/package-root.js";

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  resource: ["base"],
  process: ["base"],
  proto: [],
  http2: ["base"],
  config: ["base", "resource"],
  hardware: ["base", "resource"],
  store: ["base", "resource"],
  module: ["base", "resource", "proto", "config", "process"],
  package: ["base", "config", "store"],
  machine: ["base", "resource", "config", "module"],
  server: ["base", "resource", "proto", "http2", "machine"],
  sdk: ["base", "resource", "proto", "http2"],
  console: ["base", "resource", "machine", "store"],
  cli: ["base", "resource", "proto", "config", "package", "hardware"],
  daemon: [
    "base",
    "resource",
    "process",
    "proto",
    "http2",
    "config",
    "store",
    "module",
    "package",
    "machine",
    "server",
    "console",
    "hardware",
  ],
};

/** Packages that exactly one file (or folder, ending in a slash) of src/ may name. */
const NAMED_ONCE: Readonly<Record<string, string>> = {
  "better-sqlite3": "src/store/",
  pino: "src/daemon/",
  onoff: "src/hardware/gpio/",
  koffi: "src/hardware/gpio/",
  epoll: "src/hardware/gpio/",
  "i2c-bus": "src/hardware/i2c/",
  serialport: "src/hardware/serial/",
};

const root = packageRoot();

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/")))
    .filter((file) => !file.includes("/node_modules/") && !file.includes("/gen/"));
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const found = text.matchAll(/^\s*(?:import\s*|(?:import|export)\b[^"';]*?\bfrom\s*)["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm);
  return [...found].map(([, plain, lazy]) => plain ?? lazy ?? "");
}

function room(file: string): string | undefined {
  const [top, name, ...rest] = file.split("/");
  return top === "src" && rest.length > 0 ? name : undefined;
}

test("every folder of src/ imports only what the table allows", () => {
  const offences: string[] = [];
  for (const file of sources("src")) {
    const from = room(file);
    if (from === undefined) continue; // the launcher beside the rooms wires cli and daemon
    const allowed = ALLOWED[from];
    assert.ok(allowed, `${file}: src/${from} is not in the table of rooms`);
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) continue;
      const to = room(path.posix.join(path.posix.dirname(file), target));
      if (to !== from && (to === undefined || !allowed.includes(to))) offences.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(offences, []);
});

test("a native or heavy library is named by one room only", () => {
  const offences: string[] = [];
  for (const file of sources("src")) {
    for (const target of importsOf(file)) {
      const home = NAMED_ONCE[target];
      if (home !== undefined && !file.startsWith(home)) offences.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(offences, []);
});

test("drivers import the SDK as a stranger would, and their own folder", () => {
  const offences: string[] = [];
  for (const file of sources("drivers")) {
    const own = file.split("/").slice(0, 2).join("/");
    for (const target of importsOf(file)) {
      if (target.startsWith("node:") || target.startsWith("pinion/") || target === "valibot") continue;
      if (target.startsWith(".") && path.posix.join(path.posix.dirname(file), target).startsWith(own)) continue;
      offences.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(offences, []);
});

test("the SDK needs no native library", () => {
  const offences = sources("src/sdk").flatMap((file) =>
    importsOf(file)
      .filter((target) => target in NAMED_ONCE)
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(offences, []);
});
