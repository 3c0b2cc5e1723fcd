/** Which configs were applied, newest last, and which of them is known to be good. */
import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.js";
import type { Row, SqliteFile } from "./sqlite-file.js";

/** How a config came into force. */
export interface ConfigOrigin {
  /** start, file, signal, reload, apply, rollback, unconfirmed; empty where nobody wrote it down. */
  readonly via: string;
  /** The user who asked, where one did. */
  readonly who: string;
  /** What changed against the config before, in words. */
  readonly summary: string;
}

export interface JournalEntry extends ConfigOrigin {
  /** Grows by one with every config that differs from the one before. */
  readonly generation: number;
  readonly appliedAt: Date;
  /** The file the text came from; empty for the default machine. */
  readonly source: string;
  readonly sha256: string;
  readonly text: string;
  readonly isKnownGood: boolean;
}

export interface ConfigJournal {
  /** Durable when it returns. The text that is already the newest is not written again: its generation is returned. STORE_FAILED. */
  record(text: string, source: string, origin?: ConfigOrigin): number;
  /** The machine came up well with it. Durable when it returns. STORE_FAILED. */
  markKnownGood(generation: number): void;
  lastKnownGood(): JournalEntry | undefined;
  latest(): JournalEntry | undefined;
  entry(generation: number): JournalEntry | undefined;
  /** Oldest first. */
  entries(): readonly JournalEntry[];
}

export const NO_ORIGIN: ConfigOrigin = { via: "", who: "", summary: "" };

/** Entries kept; the last known-good one stays besides. */
export const JOURNAL_LENGTH = 20;

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function createConfigJournal(file: SqliteFile, clock: Clock): ConfigJournal {
  const latest = (): JournalEntry | undefined => toEntry(file.get("SELECT * FROM config_journal ORDER BY generation DESC LIMIT 1"));
  return {
    latest,
    record(text, source, { via, who, summary } = NO_ORIGIN) {
      const sha256 = sha256Of(text);
      const newest = latest();
      if (newest !== undefined && newest.sha256 === sha256 && newest.source === source) return newest.generation;
      return file.transaction("durable", () => {
        const { lastId } = file.run(
          "INSERT INTO config_journal (applied_at, source, sha256, text, via, who, summary) VALUES (?, ?, ?, ?, ?, ?, ?)",
          clock.wall().getTime(),
          source,
          sha256,
          text,
          via,
          who,
          summary,
        );
        file.run(
          `DELETE FROM config_journal WHERE generation <= ?
           AND generation <> (SELECT coalesce(max(generation), 0) FROM config_journal WHERE is_known_good = 1)`,
          lastId - JOURNAL_LENGTH,
        );
        return lastId;
      });
    },
    markKnownGood(generation) {
      if (file.get("SELECT 1 FROM config_journal WHERE generation = ? AND is_known_good = 0", generation) === undefined) return;
      file.transaction("durable", () => file.run("UPDATE config_journal SET is_known_good = 1 WHERE generation = ?", generation));
    },
    lastKnownGood: () => toEntry(file.get("SELECT * FROM config_journal WHERE is_known_good = 1 ORDER BY generation DESC LIMIT 1")),
    entry: (generation) => toEntry(file.get("SELECT * FROM config_journal WHERE generation = ?", generation)),
    entries: () => file.all("SELECT * FROM config_journal ORDER BY generation").flatMap((row) => toEntry(row) ?? []),
  };
}

function toEntry(row: Row | undefined): JournalEntry | undefined {
  if (row === undefined) return undefined;
  return {
    generation: Number(row["generation"]),
    appliedAt: new Date(Number(row["applied_at"])),
    source: String(row["source"]),
    sha256: String(row["sha256"]),
    text: String(row["text"]),
    isKnownGood: row["is_known_good"] === 1,
    via: String(row["via"]),
    who: String(row["who"]),
    summary: String(row["summary"]),
  };
}
