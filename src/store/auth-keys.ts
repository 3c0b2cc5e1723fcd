/** API keys that the command line made. Of a secret only its hash is kept: it is random and long, so that a fast hash is enough. */
import type { Clock } from "../base/clock.js";
import type { Row, SqliteFile } from "./sqlite-file.js";

interface NewAuthKey {
  /** A UUID. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly role: "operator" | "viewer";
  /** In hexadecimal. */
  readonly secretSha256: string;
}

export interface AuthKey extends NewAuthKey {
  readonly createdAt: Date;
}

/** Writes are durable when they return. */
export interface AuthKeys {
  /** STORE_FAILED. */
  add(key: NewAuthKey): AuthKey;
  find(id: string): AuthKey | undefined;
  /** Oldest first. */
  all(): readonly AuthKey[];
  /** STORE_FAILED. */
  remove(id: string): void;
}

export function createAuthKeys(file: SqliteFile, clock: Clock): AuthKeys {
  return {
    add(key) {
      const createdAt = clock.wall();
      file.transaction("durable", () =>
        file.run("INSERT INTO auth_keys VALUES (?, ?, ?, ?, ?)", key.id, key.name, key.role, key.secretSha256, createdAt.getTime()),
      );
      return { ...key, createdAt };
    },
    find(id) {
      const row = file.get("SELECT * FROM auth_keys WHERE id = ?", id);
      return row === undefined ? undefined : toKey(row);
    },
    all: () => file.all("SELECT * FROM auth_keys ORDER BY created_at, id").map(toKey),
    remove: (id) => void file.transaction("durable", () => file.run("DELETE FROM auth_keys WHERE id = ?", id)),
  };
}

export function createMemoryAuthKeys(clock: Clock): AuthKeys {
  const keys = new Map<string, AuthKey>();
  return {
    add(key) {
      const added = { ...key, createdAt: clock.wall() };
      keys.set(key.id, added);
      return added;
    },
    find: (id) => keys.get(id),
    all: () => [...keys.values()],
    remove: (id) => void keys.delete(id),
  };
}

function toKey(row: Row): AuthKey {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    // Whatever else a damaged row may hold must not give more than the least.
    role: row["role"] === "operator" ? "operator" : "viewer",
    secretSha256: String(row["secret_sha256"]),
    createdAt: new Date(Number(row["created_at"])),
  };
}
