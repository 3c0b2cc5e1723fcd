/** Counts calls by resource as the router sees them: how many, how many went wrong, how long they took. Bounded, cheap enough for every call. */
import type { JsonObject } from "../base/json.js";

interface Count {
  calls: number;
  errors: number;
  /** Of those that ended. */
  totalMs: number;
  slowestMs: number;
}

/** Names come from clients; what is refused is counted under one name. */
const MAX_RESOURCES = 2000;

export class CallMeter {
  #counts = new Map<string, Count>();

  /** One call ended. `resource` is the simple name and the service, as in `left.viam.component.motor.v1.MotorService`. */
  note(resource: string, elapsedMs: number, isOk: boolean): void {
    let count = this.#counts.get(resource);
    if (count === undefined) {
      if (this.#counts.size >= MAX_RESOURCES) return;
      count = { calls: 0, errors: 0, totalMs: 0, slowestMs: 0 };
      this.#counts.set(resource, count);
    }
    count.calls += 1;
    if (!isOk) count.errors += 1;
    count.totalMs += elapsedMs;
    if (elapsedMs > count.slowestMs) count.slowestMs = elapsedMs;
  }

  /** What was counted since it was last taken. */
  peek(): JsonObject {
    return Object.fromEntries(
      [...this.#counts].map(([resource, { calls, errors, totalMs, slowestMs }]) => [
        resource,
        { calls, ...(errors > 0 ? { errors } : {}), mean_ms: round(totalMs / calls), max_ms: round(slowestMs) },
      ]),
    );
  }

  take(): JsonObject {
    const counted = this.peek();
    this.#counts = new Map();
    return counted;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
