/** A vehicle that drives in a circle. Everything said of it follows from one angle, so no two answers contradict each other. */

export interface CircleOptions {
  /** Degrees; the centre of the circle. */
  readonly latitude: number;
  readonly longitude: number;
  /** Metres above the sea. */
  readonly altitude: number;
  /** Metres. */
  readonly radius: number;
  /** Metres per second; positive drives counter-clockwise seen from above. */
  readonly speed: number;
}

/** Vectors are in the world's frame: x east, y north, z up. */
export interface CircleState {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  /** Metres from the centre. */
  readonly east: number;
  readonly north: number;
  /** Metres per second. */
  readonly velocity: Vector;
  /** Metres per second squared, towards the centre. */
  readonly acceleration: Vector;
  /** Degrees per second about the vertical, counter-clockwise positive. */
  readonly turnRate: number;
  /** Degrees from north, clockwise, 0 to 360. */
  readonly heading: number;
  /** Degrees about the vertical, counter-clockwise, 0 when it looks north; above -180 to 180. */
  readonly yaw: number;
}

export interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A degree of latitude in metres on a sphere of the earth's mean radius. */
const METRES_PER_DEGREE = (Math.PI * 6_371_008.8) / 180;

/** Where it is after `time` seconds; it starts east of the centre. */
export function circleAt(time: number, options: CircleOptions): CircleState {
  const { radius, speed } = options;
  const rate = speed / radius;
  const angle = (rate * time) % (2 * Math.PI);
  const outward = { x: Math.cos(angle), y: Math.sin(angle) };
  const forward = { x: -outward.y, y: outward.x };
  const velocity = { x: forward.x * speed, y: forward.y * speed, z: 0 };
  const pull = (speed * speed) / radius;
  const heading = degrees(Math.atan2(velocity.x, velocity.y));
  const east = outward.x * radius;
  const north = outward.y * radius;
  return {
    latitude: options.latitude + north / METRES_PER_DEGREE,
    longitude: options.longitude + east / (METRES_PER_DEGREE * Math.cos((options.latitude * Math.PI) / 180)),
    altitude: options.altitude,
    east,
    north,
    velocity,
    acceleration: { x: -outward.x * pull, y: -outward.y * pull, z: 0 },
    turnRate: degrees(rate),
    heading: (heading + 360) % 360,
    yaw: heading === 180 ? 180 : -heading + 0,
  };
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
