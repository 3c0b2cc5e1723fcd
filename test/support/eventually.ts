/** Waits for something to become true, with a deadline instead of a hopeful sleep. */
import { setTimeout as delay } from "node:timers/promises";

/** The first value of `probe` that is not undefined or false; fails with the last error or value after `limitMs`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 15_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 100)) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`, { cause: last });
    await delay(pause);
  }
}
