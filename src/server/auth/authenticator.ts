/** Turns credentials into tokens, and tokens into callers. Statuses and texts are those that official clients know. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../base/clock.js";
import { formatGoDuration } from "../../base/go-duration.js";
import type { Logger } from "../../base/logger.js";
import type { AuthenticateRequest } from "../../proto/gen/proto/rpc/v1/auth.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { Caller } from "../caller.js";
import { AUTH_SERVICE } from "../own-services.js";
import type { CallStart, Refusal } from "../router-backend.js";
import type { AccessPort, Role } from "./access-port.js";
import { Attempts } from "./attempts.js";
import { isAllowed } from "./roles.js";
import { digestOf, type Identity, Tokens } from "./tokens.js";

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly access: AccessPort;
}

const AUTHENTICATE = `/${AUTH_SERVICE}/Authenticate`;
const PREFIX = "Bearer ";
const OPEN_TOKEN_BYTES = 24;
/** What clients that belong to the machine or its location send in place of an API key. */
const SECRET_TYPES: ReadonlySet<string> = new Set(["robot-secret", "robot-location-secret"]);

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokens: Tokens;
  readonly #attempts: Attempts;
  /** Compared with where there is no such key, so that the answer takes as long. */
  readonly #nobody = randomBytes(32);
  /** As last seen. */
  #configKeys: ReturnType<AccessPort["configKeys"]> | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#tokens = new Tokens(options.clock);
    this.#attempts = new Attempts(options.clock);
  }

  /** Who calls, or why the call is turned away. Only clients of the public port need a token. */
  authorize(start: CallStart): Caller | Refusal {
    const { access } = this.#options;
    if (start.caller.kind !== "public" || !access.isRequired()) return start.caller;
    const header = start.header("authorization");
    if (start.path === AUTHENTICATE) {
      return header === undefined ? start.caller : refusal(Status.INVALID_ARGUMENT, "already authenticated; cannot re-authenticate");
    }
    // Of two tokens nobody can say which one is meant, and another proxy may have looked at the other.
    if (header === undefined || header === "" || start.isRepeated("authorization")) return unauthenticated("authentication required");
    if (!header.startsWith(PREFIX)) return unauthenticated(`expected authorization header with prefix: ${PREFIX}`);
    this.#followConfig();
    const identity = this.#tokens.find(header.slice(PREFIX.length));
    if (identity === undefined) {
      return unauthenticated("unauthenticated: the token is unknown or has expired, or its key was revoked; authenticate again");
    }
    if (!isAllowed(identity.role, start.path)) {
      return refusal(
        Status.PERMISSION_DENIED,
        `the key "${identity.entity}" has the role ${identity.role}, which may not call ${start.path}; use a key with the role operator`,
      );
    }
    return { kind: "public", entity: identity.entity };
  }

  /** A token; `host` is where the caller is. Rejects with an RpcError. */
  async authenticate({ entity, credentials }: AuthenticateRequest, host: string): Promise<string> {
    const { access, logger } = this.#options;
    // Without keys everybody gets a token, so that one client program works with and without them.
    if (!access.isRequired()) return randomBytes(OPEN_TOKEN_BYTES).toString("base64url");
    if (credentials === undefined) throw new RpcError(Status.INVALID_ARGUMENT, "credentials required");
    const { type, payload } = credentials;
    const isSecret = SECRET_TYPES.has(type) && access.machineSecrets().length > 0;
    if (type !== "api-key" && !isSecret) {
      throw new RpcError(Status.INVALID_ARGUMENT, `do not know how to handle credential type "${type}"`);
    }
    const wait = this.#attempts.begin(host);
    if (wait !== undefined) {
      const message = `too many wrong keys from ${host}: try again in ${formatGoDuration(wait)}`;
      throw new RpcError(Status.RESOURCE_EXHAUSTED, message);
    }
    const role = isSecret ? this.#roleOfSecret(payload) : await this.#roleOfKey(entity, payload);
    if (role === undefined) {
      logger.warn({ peer: host, entity }, "a client with a wrong key was turned away");
      throw new RpcError(Status.UNAUTHENTICATED, "invalid credentials");
    }
    this.#attempts.forgive(host);
    this.#followConfig();
    return this.#tokens.issue({ entity, role });
  }

  /** Whoever came in with this key is out. */
  dropKey(id: string): void {
    this.#tokens.drop(({ entity }) => entity === id);
  }

  async #roleOfKey(id: string, secret: string): Promise<Role | undefined> {
    const offered = digestOf(secret);
    const fromConfig = this.#options.access.configKeys().find((key) => key.id === id);
    if (fromConfig !== undefined) return timingSafeEqual(digestOf(fromConfig.key), offered) ? "operator" : undefined;
    const record = await this.#options.access.findKey(id);
    const expected = record === undefined ? this.#nobody : Buffer.from(record.secretSha256, "hex");
    const isRight = expected.length === offered.length && timingSafeEqual(expected, offered);
    return isRight ? record?.role : undefined;
  }

  #roleOfSecret(secret: string): Role | undefined {
    const offered = digestOf(secret);
    // All are compared, whichever it is.
    const matches = this.#options.access.machineSecrets().filter((known) => timingSafeEqual(digestOf(known), offered));
    return matches.length > 0 ? "operator" : undefined;
  }

  /** A key that a new config no longer has, or has with another value, is as good as revoked. */
  #followConfig(): void {
    const now = this.#options.access.configKeys();
    const before = this.#configKeys;
    this.#configKeys = now;
    if (before === undefined || now === before) return;
    const kept = new Map(now.map(({ id, key }) => [id, key]));
    const gone = new Set(before.filter(({ id, key }) => kept.get(id) !== key).map(({ id }) => id));
    if (gone.size > 0) this.#tokens.drop(({ entity }: Identity) => gone.has(entity));
  }
}

function unauthenticated(message: string): Refusal {
  return refusal(Status.UNAUTHENTICATED, message);
}

function refusal(code: Status, message: string): Refusal {
  return { kind: "refusal", code, message };
}
