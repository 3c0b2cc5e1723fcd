/**
 * Removes the data folders of modules that left the config, after a time of grace in which they may come back. The time is counted in hours
 * that the supervisor ran, so no clock can shorten it. A folder is never removed because a module fails, nor under a config with errors.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Clock, Timer } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import { isJsonObject } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import { type Millis, minutes } from "../base/millis.js";
import { replaceFile } from "../base/replace-file.js";

export interface LeftDataFoldersInput {
  /** With one folder a module in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The modules whose folders are to stay; undefined while the config cannot be relied on for that. */
  configured(): ReadonlySet<string> | undefined;
}

const FILE = ".left.json";
const STEP: Millis = minutes(60);
/** In steps. */
const GRACE = 24;

export class LeftDataFolders {
  readonly #input: LeftDataFoldersInput;
  #timer: Timer | undefined;

  constructor(input: LeftDataFoldersInput) {
    this.#input = input;
    this.#next();
  }

  end(): void {
    this.#timer?.cancel();
  }

  #next(): void {
    this.#timer = this.#input.clock.after(
      STEP,
      () => {
        this.#next();
        try {
          this.#count();
        } catch (error) {
          // Mostly a full or read-only disk: the folders stay until it can be written.
          this.#input.logger.warn({ error: messageOf(error) }, "data folders of modules that left the config are not looked after");
        }
      },
      { unref: true },
    );
  }

  #count(): void {
    const { folder, configured, logger } = this.#input;
    const names = configured();
    if (names === undefined) return;
    const before = this.#read();
    const left = new Map<string, number>();
    for (const name of this.#folders()) {
      if (names.has(name)) continue;
      const hours = (before.get(name) ?? 0) + 1;
      if (hours <= GRACE) {
        left.set(name, hours);
        continue;
      }
      rmSync(path.join(folder, name), { recursive: true, force: true });
      logger.info({ folder: path.join(folder, name) }, "data folder removed: its module left the config long ago");
    }
    // Nothing is written while nobody has left.
    if (left.size > 0) replaceFile(path.join(folder, FILE), JSON.stringify(Object.fromEntries(left)));
    else if (before.size > 0) rmSync(path.join(folder, FILE), { force: true });
  }

  #folders(): readonly string[] {
    try {
      const entries = readdirSync(this.#input.folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    } catch {
      return []; // no module ever had one
    }
  }

  #read(): ReadonlyMap<string, number> {
    try {
      const value: unknown = JSON.parse(readFileSync(path.join(this.#input.folder, FILE), "utf8"));
      if (!isJsonObject(value)) return new Map();
      return new Map(Object.entries(value).flatMap(([name, hours]) => (typeof hours === "number" ? [[name, hours] as const] : [])));
    } catch {
      return new Map(); // nobody has left, or the count was lost and begins anew
    }
  }
}
