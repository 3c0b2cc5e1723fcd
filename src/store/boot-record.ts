/**
 * What the next start must know before it does anything else: whether the last one ended in order, which config it tried and how often in
 * vain, and whether a config still waits for its confirmation. A small file beside the database, so that a start reads it without waiting
 * for SQLite and a damaged database does not take it along.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { BootMoment } from "../base/boot-clock.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { millis } from "../base/millis.js";
import { replaceFile } from "../base/replace-file.js";

/** A supervisor that has started and not yet ended in order. */
export interface RunMark extends BootMoment {
  readonly pid: number;
  /** What made it end, where it could still say so. */
  readonly crash?: string;
}

/** Starts under one config that did not last. */
export interface ConfigTrial {
  readonly sha256: string;
  /** Starts with it that ended without order before the machine had come up; the current one counts while it lasts. */
  readonly attempts: number;
}

/** A config that goes away unless somebody confirms it. */
export interface PendingConfig {
  readonly sha256: string;
  readonly appliedAt: BootMoment;
  readonly confirmWithinMs: number;
  /** What takes its place. */
  readonly goBackText: string;
  readonly goBackGeneration: number;
}

export interface BootRecord {
  readonly running?: RunMark;
  readonly trial?: ConfigTrial;
  /** Of the newest config under which the supervisor came up. */
  readonly goodSha256?: string;
  readonly pending?: PendingConfig;
}

export interface BootRecordFile {
  /** As of now. */
  readonly record: BootRecord;
  /** Members that are undefined go. Durable when it returns; throws the system's errors, and the record in memory counts nevertheless. */
  update(change: { readonly [K in keyof BootRecord]: BootRecord[K] | undefined }): void;
}

export const BOOT_RECORD_FILE = "supervisor.json";

/** A file that is missing or cannot be understood counts as an empty record. */
export function openBootRecord(folder: string): BootRecordFile {
  const file = path.join(folder, BOOT_RECORD_FILE);
  let written = readText(file);
  let record = parseRecord(written);
  return {
    get record(): BootRecord {
      return record;
    },
    update(change) {
      const merged = { ...record, ...change };
      record = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
      const text = `${JSON.stringify(record)}\n`;
      if (text === written) return;
      replaceFile(file, text);
      written = text;
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the first start, or an unreadable home
  }
}

function parseRecord(text: string): BootRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {}; // it is replaced as a whole, so only a foreign hand can have broken it
  }
  if (!isJsonObject(value)) return {};
  const { goodSha256 } = value;
  const running = parseRun(value["running"]);
  const trial = parseTrial(value["trial"]);
  const pending = parsePending(value["pending"]);
  return {
    ...(running === undefined ? {} : { running }),
    ...(trial === undefined ? {} : { trial }),
    ...(typeof goodSha256 === "string" ? { goodSha256 } : {}),
    ...(pending === undefined ? {} : { pending }),
  };
}

function parseRun(value: unknown): RunMark | undefined {
  const moment = parseMoment(value);
  if (moment === undefined || !isJsonObject(value)) return undefined;
  const { pid, crash } = value;
  return { ...moment, pid: typeof pid === "number" ? pid : 0, ...(typeof crash === "string" ? { crash } : {}) };
}

function parseTrial(value: unknown): ConfigTrial | undefined {
  if (!isJsonObject(value)) return undefined;
  const { sha256, attempts } = value;
  return typeof sha256 === "string" && typeof attempts === "number" ? { sha256, attempts } : undefined;
}

function parsePending(value: unknown): PendingConfig | undefined {
  if (!isJsonObject(value)) return undefined;
  const { sha256, confirmWithinMs, goBackText, goBackGeneration } = value;
  const appliedAt = parseMoment(value["appliedAt"]);
  if (appliedAt === undefined || typeof sha256 !== "string" || typeof goBackText !== "string") return undefined;
  if (typeof confirmWithinMs !== "number" || typeof goBackGeneration !== "number") return undefined;
  return { sha256, appliedAt, confirmWithinMs, goBackText, goBackGeneration };
}

function parseMoment(value: unknown): BootMoment | undefined {
  if (!isJsonObject(value)) return undefined;
  const { bootId, uptime }: JsonObject = value;
  return typeof bootId === "string" && typeof uptime === "number" ? { bootId, uptime: millis(uptime) } : undefined;
}
