/** Answers StreamEvents from the store's event log. */
import { bootMoment } from "../base/boot-clock.js";
import { millis } from "../base/millis.js";
import type { Event, GetMetricsRequest, StreamEventsRequest } from "../proto/gen/pinion/control/v1/control.js";
import type { EventLog, EventQuery, SinceQuery, StoredEvent } from "../store/event-log.js";

const DEFAULT_EVENTS = 200;
/** A follower that reads slower than things happen loses the oldest of what waits for it. */
const MAX_WAITING = 5000;

/** Old events, oldest first, then, when asked to follow, each new one until the signal. */
export async function* streamEvents(log: EventLog, request: StreamEventsRequest, signal: AbortSignal): AsyncGenerator<Event> {
  const query: EventQuery = {
    ...toSince(request),
    ...(request.module === "" ? {} : { module: request.module }),
    ...(request.resource === "" ? {} : { resource: request.resource }),
  };
  const waiting: StoredEvent[] = [];
  let wake: () => void = () => undefined;
  const stop = request.follow
    ? log.follow(query, (event) => {
        waiting.push(event);
        if (waiting.length > MAX_WAITING) waiting.shift();
        wake();
      })
    : () => undefined;
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    for (const event of log.query({ ...query, limit: request.limit === 0 ? DEFAULT_EVENTS : request.limit })) yield toEvent(event);
    while (request.follow && !signal.aborted) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield toEvent(next);
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}

function toEvent({ seq, time, bootId, uptime, kind, module, resource, message, detail }: StoredEvent): Event {
  return {
    seq: BigInt(seq),
    time,
    bootId,
    uptime: BigInt(Math.floor(uptime)),
    kind,
    module: module ?? "",
    resource: resource ?? "",
    message,
    detailJson: Object.keys(detail).length === 0 ? "" : JSON.stringify(detail),
  };
}

export function toSince({ sinceUnixMs, agoMs }: Pick<GetMetricsRequest, "sinceUnixMs" | "agoMs">): SinceQuery {
  if (agoMs > 0n) {
    const { bootId, uptime } = bootMoment();
    // What is older than this boot can only be judged by the wall clock.
    return { sinceMoment: { bootId, uptime: millis(uptime - Number(agoMs)) }, ...sinceDate(sinceUnixMs) };
  }
  return sinceDate(sinceUnixMs);
}

function sinceDate(unixMs: bigint): SinceQuery {
  return unixMs === 0n ? {} : { since: new Date(Number(unixMs)) };
}
