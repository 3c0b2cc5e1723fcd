/** From the edges of an echo pin to a distance. Pure. */
import { unavailable } from "pinion/sdk";

export interface EchoEdge {
  readonly isHigh: boolean;
  /** Nanoseconds. */
  readonly time: bigint;
}

/** Nanoseconds: 1.5 cm, less than what the sensor can see. */
const SHORTEST = 90_000;
/** 5 m, more than what it can see: it drops the echo after 38 ms when nothing came back. */
const LONGEST = 30_000_000;

/** Metres a second in dry air. */
export function speedOfSound(celsius: number | undefined): number {
  return celsius === undefined ? 343 : 331.3 + 0.606 * celsius;
}

/** Nanoseconds from the first rising edge to the falling edge after it; undefined while one is missing. */
export function echoWidth(edges: readonly EchoEdge[]): number | undefined {
  const rise = edges.findIndex(({ isHigh }) => isHigh);
  const fall = edges.find(({ isHigh }, index) => index > rise && !isHigh);
  const begin = edges[rise];
  return begin === undefined || fall === undefined ? undefined : Number(fall.time - begin.time);
}

/** Metres. Throws for what cannot be an echo. */
export function distanceOf(width: number, speed: number): number {
  if (width > LONGEST) throw unavailable(`no echo: nothing within 4 m (the echo pin was high for ${(width / 1e6).toFixed(1)} ms)`);
  if (width < SHORTEST) {
    throw unavailable(
      `expected an echo of ${SHORTEST / 1000} us or more, got ${Math.round(width / 1000)} us: noise on the echo pin, or something nearer than 2 cm`,
    );
  }
  return ((width / 1e9) * speed) / 2;
}
