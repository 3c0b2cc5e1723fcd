/**
 * Takes secrets out of what leaves the machine: values under telling names, texts that look like keys, passwords in addresses. What was found
 * in the config is also taken out of logs and outputs wherever it stands.
 */
import { isJsonObject } from "../base/json.js";

export const REMOVED = "[removed]";

/** Words of a key's name, whatever case it is written in. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...["key", "keys", "apikey", "secret", "secrets", "password", "passwords", "passwd", "pwd", "pass", "passphrase", "passcode"],
  ...["token", "tokens", "credential", "credentials", "psk", "private", "bearer", "authorization", "cookie", "signature", "webhook", "dsn"],
]);
/** Names in which such a word means something else. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(["public_key", "key_name", "key_id", "private_network", "is_private"]);
/** Shorter texts would take harmless words out of the log. */
const SHORTEST_SEARCHED = 6;

const ADDRESS_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi;
const PRIVATE_BLOCK = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return (
    !HARMLESS_NAMES.has(words.join("_")) && words.some((word) => SECRET_WORDS.has(word) || /(password|secret|token|apikey)$/.test(word))
  );
}

/** Long, without blanks, letters and digits mixed as nobody writes words. */
export function looksSecret(text: string): boolean {
  if (!/^[\w+=~.-]{20,}$/.test(text)) return false;
  const changes = [...text.matchAll(/[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z])/g)].length;
  return changes >= 4 && !/^\d+(\.\d+)*$/.test(text);
}

/** A copy of decoded JSON in which secrets are replaced; what they were is handed to `found`. */
export function redactJson(value: unknown, found: (secret: string) => void = () => undefined, isSecret: boolean = false): unknown {
  if (typeof value === "string") {
    if (value === "" || isPlaceholder(value)) return value;
    if (!isSecret && !looksSecret(value)) return redactText(value);
    found(value);
    return REMOVED;
  }
  if (Array.isArray(value)) return value.map((item) => redactJson(item, found, isSecret));
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactJson(item, found, isSecret || isSecretName(key))]));
  }
  if (isSecret && typeof value === "number") {
    found(String(value));
    return REMOVED;
  }
  return value;
}

/** Passwords in addresses and private keys, which are known by their shape. */
function redactText(text: string): string {
  return text.replace(ADDRESS_PASSWORD, `$1${REMOVED}@`).replace(PRIVATE_BLOCK, REMOVED);
}

/** A function that takes the secrets out of a text, longest first, so that none hides in another. */
export function createScrubber(secrets: Iterable<string>): (text: string) => string {
  const searched = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_SEARCHED).toSorted((a, b) => b.length - a.length);
  return (text) => {
    let clean = redactText(text);
    for (const secret of searched) if (clean.includes(secret)) clean = clean.replaceAll(secret, REMOVED);
    return clean;
  };
}

/** Every text in decoded data, scrubbed; dates, numbers and bytes stay. */
export function scrubDeep<T>(value: T, scrub: (text: string) => string): T {
  // The shape stays, only texts change.
  if (typeof value === "string") return scrub(value) as T;
  if (Array.isArray(value)) return value.map((item) => scrubDeep(item, scrub)) as T;
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrubDeep(item, scrub)])) as T;
}

/** The name of a variable tells nothing. */
function isPlaceholder(text: string): boolean {
  return /^\$(\w+|\{[^}]*\})$/.test(text);
}
