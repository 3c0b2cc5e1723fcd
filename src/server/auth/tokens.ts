/** Tokens handed out to clients: random, kept in memory only, each good for as long as it is used. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../base/clock.js";
import { type Millis, minutes } from "../../base/millis.js";
import type { Role } from "./access-port.js";

export interface Identity {
  /** The id of the key, or the name the client gave. */
  readonly entity: string;
  readonly role: Role;
}

interface Token extends Identity {
  readonly digest: Buffer;
  expiresAt: number;
}

/** Clients ask for a token once and never again, so one that is in use stays good. */
const LIFETIME: Millis = minutes(24 * 60);
/** The oldest goes when there are more: a client that dials in a loop must not fill the memory. */
const MAX_TOKENS = 2048;
const ID_BYTES = 9;
const SECRET_BYTES = 32;
/** In base64url. */
const ID_LENGTH = 12;

export class Tokens {
  readonly #clock: Clock;
  /** By the part of the token that is not secret. */
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue({ entity, role }: Identity): string {
    const id = randomBytes(ID_BYTES).toString("base64url");
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    this.#makeRoom();
    this.#tokens.set(id, { entity, role, digest: digestOf(secret), expiresAt: this.#clock.now() + LIFETIME });
    return id + secret;
  }

  /** Using a token makes it good for another while. */
  find(text: string): Identity | undefined {
    const id = text.slice(0, ID_LENGTH);
    const token = this.#tokens.get(id);
    if (token === undefined || !timingSafeEqual(token.digest, digestOf(text.slice(ID_LENGTH)))) return undefined;
    const now = this.#clock.now();
    if (token.expiresAt <= now) {
      this.#tokens.delete(id);
      return undefined;
    }
    token.expiresAt = now + LIFETIME;
    return token;
  }

  drop(isDropped: (identity: Identity) => boolean): void {
    for (const [id, token] of this.#tokens) if (isDropped(token)) this.#tokens.delete(id);
  }

  #makeRoom(): void {
    if (this.#tokens.size < MAX_TOKENS) return;
    let first: { readonly id: string; readonly expiresAt: number } | undefined;
    for (const [id, { expiresAt }] of this.#tokens) if (first === undefined || expiresAt < first.expiresAt) first = { id, expiresAt };
    if (first !== undefined) this.#tokens.delete(first.id);
  }
}

/** Of one length whatever the text, so that comparing tells nothing. */
export function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
