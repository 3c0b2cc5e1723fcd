/** Durations as Go writes them: "1h30m", "250ms", "-1.5s", "0". */
import { type Millis, millis } from "./millis.js";

const UNIT_MILLIS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The duration, or undefined when the text is none. */
export function parseGoDuration(text: string): Millis | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text);
  const sign = match?.[1] === "-" ? -1 : 1;
  const rest = match?.[2] ?? "";
  if (rest === "0") return millis(0);
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, amount, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNIT_MILLIS[unit ?? ""] ?? 0);
  }
  return millis(sign * total);
}

/** A short text such as "2m5s" or "150ms"; whole milliseconds. */
export function formatGoDuration(duration: Millis): string {
  const total = Math.round(Math.abs(duration));
  const sign = duration < 0 ? "-" : "";
  if (total < 1000) return `${sign}${total}ms`;
  const hours = Math.floor(total / 3_600_000);
  const mins = Math.floor((total % 3_600_000) / 60_000);
  const secs = (total % 60_000) / 1000;
  const parts = [hours > 0 ? `${hours}h` : "", mins > 0 ? `${mins}m` : "", secs > 0 || total % 60_000 === 0 ? `${secs}s` : ""];
  const text = parts.join("");
  return `${sign}${hours + mins > 0 ? text.replace(/(?<=[hm])0s$/, "") : text}`;
}
