/** Where a base is, from what its wheels rolled. Pure. */
import type { GeoPosition } from "pinion/sdk";

/** Metres. */
const EARTH_RADIUS = 6_371_000;
const TURN = 2 * Math.PI;

export interface Rolled {
  /** Metres. */
  readonly left: number;
  readonly right: number;
  /** Seconds in which they rolled, above 0. */
  readonly duration: number;
}

export class Odometer {
  /** Metres; the wheels of both sides are this far apart. */
  readonly #width: number;
  /** Metres to the right of where it began, as it stood there. */
  x = 0;
  /** Metres ahead of where it began. */
  y = 0;
  /** Radians to the left, 0 to 2 pi. */
  yaw = 0;
  /** Metres per second ahead. */
  speed = 0;
  /** Radians per second to the left. */
  turning = 0;

  constructor(width: number) {
    this.#width = width;
  }

  roll({ left, right, duration }: Rolled): void {
    const way = (left + right) / 2;
    const angle = (right - left) / this.#width;
    // On an arc the way points, as the crow flies, along the middle of the headings at both ends, and is that much shorter.
    const heading = this.yaw + angle / 2;
    const chord = angle === 0 ? way : (way * Math.sin(angle / 2)) / (angle / 2);
    this.x -= chord * Math.sin(heading);
    this.y += chord * Math.cos(heading);
    this.yaw = (((this.yaw + angle) % TURN) + TURN) % TURN;
    this.speed = way / duration;
    this.turning = angle / duration;
  }

  reset(): void {
    this.x = 0;
    this.y = 0;
    this.yaw = 0;
  }
}

export type Place = Pick<GeoPosition, "latitude" | "longitude">;

/** The place `x` metres to the east and `y` metres to the north of another, along a great circle. */
export function placeFrom({ latitude, longitude }: Place, x: number, y: number): Place {
  const distance = Math.hypot(x, y) / EARTH_RADIUS;
  const bearing = Math.atan2(x, y);
  const from = radians(latitude);
  const to = Math.asin(Math.sin(from) * Math.cos(distance) + Math.cos(from) * Math.sin(distance) * Math.cos(bearing));
  const east = Math.atan2(Math.sin(bearing) * Math.sin(distance) * Math.cos(from), Math.cos(distance) - Math.sin(from) * Math.sin(to));
  return { latitude: degrees(to), longitude: ((longitude + degrees(east) + 540) % 360) - 180 };
}

export function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}
