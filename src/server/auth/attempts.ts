/** Counts how often each host offered a wrong key, so that nobody can try many. */
import net from "node:net";
import type { Clock } from "../../base/clock.js";
import { type Millis, millis, seconds } from "../../base/millis.js";

/** So many wrong keys at once, and then one in `RECOVERY`. */
export const MAX_ATTEMPTS = 10;
const RECOVERY: Millis = seconds(6);
const MAX_HOSTS = 4096;

interface Count {
  /** Wrong keys, less what time has forgiven. */
  readonly level: number;
  readonly at: number;
}

export class Attempts {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined: go on. Otherwise how long the host must wait. An attempt counts until it is forgiven, so that many at once count too. */
  begin(host: string): Millis | undefined {
    const key = networkOf(host);
    const level = this.#level(key);
    if (level > MAX_ATTEMPTS - 1) return millis(Math.ceil(level - (MAX_ATTEMPTS - 1)) * RECOVERY);
    this.#makeRoom();
    this.#counts.delete(key); // the order is that of the last attempt
    this.#counts.set(key, { level: level + 1, at: this.#clock.now() });
    return undefined;
  }

  /** The key was right. */
  forgive(host: string): void {
    const key = networkOf(host);
    const level = this.#level(key) - 1;
    if (level <= 0) this.#counts.delete(key);
    else this.#counts.set(key, { level, at: this.#clock.now() });
  }

  #level(key: string): number {
    const count = this.#counts.get(key);
    return count === undefined ? 0 : Math.max(0, count.level - (this.#clock.now() - count.at) / RECOVERY);
  }

  #makeRoom(): void {
    if (this.#counts.size < MAX_HOSTS) return;
    for (const key of [...this.#counts.keys()]) if (this.#level(key) === 0) this.#counts.delete(key);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= MAX_HOSTS && oldest !== undefined) this.#counts.delete(oldest);
  }
}

/** One host has a whole /64 of IPv6 addresses for itself. */
function networkOf(host: string): string {
  if (!net.isIPv6(host)) return host;
  const [head = "", tail = ""] = host.split("%", 1)[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = host.includes("::") ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0") : [];
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
