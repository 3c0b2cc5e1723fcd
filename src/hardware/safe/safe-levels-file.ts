/**
 * What makes the machine safe without any module and without the supervisor, by resource: a small file in the home that the supervisor writes when it
 * changes, and that is read when supervisor and modules died together.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { isJsonObject } from "../../base/json.js";
import { replaceFile } from "../../base/replace-file.js";
import { parseResourceName, type ResourceName } from "../../resource/resource-name.js";
import type { DirectAction } from "../../resource/safe-action.js";

export type SafeLevels = ReadonlyMap<ResourceName, readonly DirectAction[]>;

const FILE = "safe-levels.json";

/** Written only when it differs. Durable when it returns; throws the system's errors. */
export function writeSafeLevels(home: string, levels: SafeLevels): void {
  const sorted = [...levels].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = `${JSON.stringify({ resources: Object.fromEntries(sorted) })}\n`;
  const file = path.join(home, FILE);
  const before = readText(file);
  if (text === before || (before === undefined && sorted.length === 0)) return;
  replaceFile(file, text);
}

/** Empty when there is none. What cannot be understood in it is left out: the rest is worth all the more. */
export function readSafeLevels(home: string): SafeLevels {
  const levels = new Map<ResourceName, readonly DirectAction[]>();
  const text = readText(path.join(home, FILE));
  if (text === undefined) return levels;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return levels; // it is replaced as a whole, so only a foreign hand can have broken it
  }
  const resources = isJsonObject(value) ? value["resources"] : undefined;
  if (!isJsonObject(resources)) return levels;
  for (const [key, actions] of Object.entries(resources)) {
    const name = parseResourceName(key);
    if (name === undefined || !Array.isArray(actions)) continue;
    levels.set(
      name,
      actions.flatMap((action: unknown) => parseAction(action) ?? []),
    );
  }
  return levels;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // no output ever had a safe level, or an unreadable home
  }
}

function parseAction(value: unknown): DirectAction | undefined {
  if (!isJsonObject(value)) return undefined;
  const { kind, chip, offset, isHigh, device, channel, bus, address, port, baudRate } = value;
  switch (kind) {
    case "line":
      return typeof chip === "string" && isWhole(offset) && typeof isHigh === "boolean" ? { kind, chip, offset, isHigh } : undefined;
    case "pwm":
      return typeof device === "string" && isWhole(channel) ? { kind, device, channel, ...parseOrLine(value["orLine"]) } : undefined;
    case "i2c": {
      const bytes = toBytes(value["bytes"]);
      const mask = value["mask"];
      if (!isWhole(bus) || !isWhole(address) || bytes === undefined) return undefined;
      if (mask === undefined) return { kind, bus, address, bytes };
      // Without its mask it would change more than it should.
      return isWhole(mask) && mask <= 0xff && bytes.length === 2 ? { kind, bus, address, bytes, mask } : undefined;
    }
    case "serial": {
      const bytes = toBytes(value["bytes"]);
      return typeof port === "string" && isWhole(baudRate) && bytes !== undefined ? { kind, port, baudRate, bytes } : undefined;
    }
    default:
      return undefined;
  }
}

function parseOrLine(value: unknown): Pick<DirectAction & { readonly kind: "pwm" }, "orLine"> {
  if (!isJsonObject(value)) return {};
  const { chip, offset } = value;
  return typeof chip === "string" && isWhole(offset) ? { orLine: { chip, offset } } : {};
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function toBytes(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const bytes = value.filter((item: unknown): item is number => isWhole(item) && item <= 0xff);
  return bytes.length === value.length ? bytes : undefined;
}
