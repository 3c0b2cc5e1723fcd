/** Times of the wire as dates. */

export type WireTime = Date | { readonly seconds: bigint; readonly nanos: number };

export function toDate(time: WireTime | undefined): Date | undefined {
  if (time === undefined || time instanceof Date) return time;
  return new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000));
}

/** `3s`, `12m`, `5h3m`, `2d4h`: how long ago, in at most two units. */
export function formatAge(since: Date | undefined, now: Date): string {
  if (since === undefined) return "";
  const total = Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1000));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3600);
  const mins = Math.floor((total % 3600) / 60);
  if (days > 0) return `${days}d${hours}h`;
  if (hours > 0) return `${hours}h${mins}m`;
  return mins > 0 ? `${mins}m${total % 60}s` : `${total}s`;
}
