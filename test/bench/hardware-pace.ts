/** How fast something goes through layer upon layer. In turns, so that all layers meet the same noise, each beside the raw library of its turn. */
import { setTimeout as delay } from "node:timers/promises";
import type { Wire } from "../../hardware-tests/rig.js";
import { type Figure, median } from "./figures.js";
import type { OnEdge } from "./hardware-raw.js";

const TURNS = 9;
/** Milliseconds of each layer in each turn. */
const SLICE = 250;
const BATCH = 20;
/** A lost edge costs so many milliseconds. */
const EDGE_LIMIT = 500;

export interface Measured {
  readonly perSecond: number;
  /** Microseconds from the kernel's time of an edge until JavaScript has it. */
  readonly latency?: number;
  readonly lost?: number;
}

export interface Layer {
  readonly name: string;
  measure(): Measured | Promise<Measured>;
}

/** The first layer is what the others are compared with. */
export async function figuresOf(what: string, layers: readonly Layer[]): Promise<Figure[]> {
  const turns: (readonly Measured[])[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const measured: Measured[] = [];
    for (const layer of layers) measured.push(await layer.measure());
    turns.push(measured);
  }
  const names = layers.map(({ name }) => name);
  const lost = names.flatMap((name, index) => {
    const sum = turns.reduce((total, turn) => total + (turn[index]?.lost ?? 0), 0);
    return sum === 0 ? [] : [{ measure: `${what}, lost: ${name}`, value: String(sum) }];
  });
  return [
    ...compared(
      what,
      names,
      turns,
      ({ perSecond }) => perSecond,
      (value) => `${value.toFixed(0)}/s`,
    ),
    ...lost,
    ...compared(
      `${what}, from the kernel's time to JavaScript`,
      names,
      turns,
      ({ latency }) => latency,
      (value) => `${value.toFixed(0)} us`,
    ),
  ];
}

function compared(
  what: string,
  names: readonly string[],
  turns: readonly (readonly Measured[])[],
  pick: (measured: Measured) => number | undefined,
  format: (value: number) => string,
): Figure[] {
  const columns = names.map((name, index) => {
    const values = turns.map((turn) => {
      const measured = turn[index];
      return measured === undefined ? undefined : pick(measured);
    });
    return { name, values: values.filter((value) => value !== undefined) };
  });
  const [raw, ...others] = columns.filter(({ values }) => values.length === turns.length);
  if (raw === undefined) return [];
  const floor = `${raw.name} ${format(median(raw.values))}`;
  return [
    { measure: `${what}: ${raw.name}`, value: format(median(raw.values)) },
    ...others.map(({ name, values }) => ({
      measure: `${what}: ${name}`,
      value: format(median(values)),
      baseline: floor,
      ratio: median(values.map((value, turn) => value / (raw.values[turn] ?? Number.NaN))),
    })),
  ];
}

/** One after the other, without coming back to the event loop. */
export function paceSync(action: (count: number) => void): Measured {
  let count = 0;
  const start = performance.now();
  while (performance.now() - start < SLICE) for (const end = count + BATCH; count < end; count += 1) action(count);
  return { perSecond: (count * 1000) / (performance.now() - start) };
}

/** So many at a time. */
export async function pace(action: (count: number) => Promise<unknown>, inFlight = 1): Promise<Measured> {
  let count = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - start < SLICE) await action(count++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { perSecond: (count * 1000) / (performance.now() - start) };
}

/** All wires change at once, and again when all of it was seen. `watch` gives what ends it. */
export async function paceEdges(wires: readonly Wire[], watch: (onEdge: OnEdge) => Promise<() => void> | (() => void)): Promise<Measured> {
  const latencies: number[] = [];
  let missing = 0;
  let lost = 0;
  let whenSeen: () => void = () => undefined;
  for (const wire of wires) wire.drive(false);
  const unwatch = await watch((time) => {
    if (time !== undefined) latencies.push(Number(process.hrtime.bigint() - time) / 1000);
    missing -= 1;
    if (missing === 0) whenSeen();
  });
  let isHigh = false;
  const next = async (): Promise<void> => {
    isHigh = !isHigh;
    missing = wires.length;
    const seen = new Promise<void>((resolve) => {
      whenSeen = resolve;
    });
    for (const wire of wires) wire.drive(isHigh);
    const limit = new AbortController();
    await Promise.race([seen, delay(EDGE_LIMIT, undefined, { signal: limit.signal }).catch(() => undefined)]);
    limit.abort();
    lost += Math.max(0, missing);
  };
  for (let warmUp = 0; warmUp < 10; warmUp += 1) await next();
  [latencies.length, lost] = [0, 0];
  const { perSecond } = await pace(next);
  // The package epoll must not be closed from within its own callback, where this may still be.
  await delay(5);
  unwatch();
  return { perSecond: perSecond * wires.length, lost, ...(latencies.length === 0 ? {} : { latency: median(latencies) }) };
}
