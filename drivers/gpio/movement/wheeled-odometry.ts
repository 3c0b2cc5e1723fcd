/** A movement sensor that reckons where a base is from the positions of its motors. */
import { type Clock, millis, type Timer } from "pinion/hardware";
import {
  type BaseProperties,
  base,
  type CallOptions,
  failedPrecondition,
  type GeoPosition,
  type Handle,
  invalidArgument,
  type Lifecycle,
  type Motor,
  type MovementProperties,
  type MovementSensor,
  motor,
  type OrientationVector,
  type ResourceContext,
  type ResourceLogger,
  unavailable,
  unimplemented,
  type Values,
  type Vector3,
} from "pinion/sdk";
import type { Rig } from "../rig.js";
import { degrees, Odometer, type Place, placeFrom } from "./odometer.js";
import type { OdometryAttributes } from "./odometry-attributes.js";

export { schema, validate } from "./odometry-attributes.js";

/** Milliseconds in which motors and base have to answer. */
const TIMEOUT = 2000;
/** Slower than this, a base should move slowly. Milliseconds. */
const LONG_INTERVAL = 1000;
const ORIGIN: Place = { latitude: 0, longitude: 0 };

interface Positions {
  /** Revolutions, the mean of a side. */
  readonly left: number;
  readonly right: number;
  /** Of the clock, milliseconds. */
  readonly time: number;
}

export async function create(
  { attributes, dependencies, logger }: ResourceContext<OdometryAttributes>,
  rig: Rig,
): Promise<WheeledOdometry> {
  const { left_motors: leftNames, right_motors: rightNames, base: baseName, time_interval_msecs: interval } = attributes;
  const properties = await dependencies.get(base, baseName).getProperties({ timeout: TIMEOUT });
  if (!(properties.width > 0 && properties.wheelCircumference > 0)) {
    throw failedPrecondition(
      `attributes.base: expected a base with a width and wheels, got "${baseName}" with width ${properties.width} m and wheel circumference ${properties.wheelCircumference} m`,
    );
  }
  const motorsOf = (names: readonly string[]): Promise<readonly Handle<Motor>[]> =>
    Promise.all(
      names.map(async (name) => {
        const found = dependencies.get(motor, name);
        const { positionReporting } = await found.getProperties({ timeout: TIMEOUT });
        if (positionReporting) return found;
        throw failedPrecondition(`motor "${name}" does not know its position: it needs an encoder ("encoder" and "ticks_per_rotation")`);
      }),
    );
  if (interval > LONG_INTERVAL) {
    logger.warn("between measurements the base should not move far: drive slowly, or lower time_interval_msecs", {
      time_interval_msecs: interval,
    });
  }
  const [left, right] = [await motorsOf(leftNames), await motorsOf(rightNames)];
  const odometry = new WheeledOdometry({ left, right, properties, interval, logger, clock: rig.timing.clock });
  await odometry.measure();
  return odometry;
}

interface WheeledOdometryParts {
  readonly left: readonly Handle<Motor>[];
  readonly right: readonly Handle<Motor>[];
  readonly properties: BaseProperties;
  readonly interval: number;
  readonly logger: ResourceLogger;
  readonly clock: Clock;
}

export class WheeledOdometry implements MovementSensor, Lifecycle<OdometryAttributes> {
  readonly #parts: WheeledOdometryParts;
  readonly #odometer: Odometer;
  #last: Positions | undefined;
  /** Why the latest measurement failed. */
  #failure: Error | undefined;
  #origin = ORIGIN;
  #isCompass = false;
  #timer: Timer | undefined;
  #measuring: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: WheeledOdometryParts) {
    this.#parts = parts;
    this.#odometer = new Odometer(parts.properties.width);
  }

  /** Takes the motors' positions, now and then again at every interval. Never rejects. */
  async measure(): Promise<void> {
    this.#measuring = this.#measure();
    await this.#measuring;
    if (this.#isClosed) return;
    this.#timer = this.#parts.clock.after(millis(this.#parts.interval), () => void this.measure(), { unref: true });
  }

  async getPosition(options?: CallOptions): Promise<GeoPosition> {
    const { x, y } = this.#known();
    if (options?.extra?.["return_relative_pos_m"] === true) return { latitude: y, longitude: x, altitude: 0 };
    return { ...placeFrom(this.#origin, x, y), altitude: 0 };
  }

  /** Theta grows to the left, 0 to 360. */
  async getOrientation(): Promise<OrientationVector> {
    return { x: 0, y: 0, z: 1, theta: degrees(this.#known().yaw) };
  }

  async getLinearVelocity(): Promise<Vector3> {
    return { x: 0, y: this.#known().speed, z: 0 };
  }

  async getAngularVelocity(): Promise<Vector3> {
    return { x: 0, y: 0, z: degrees(this.#known().turning) };
  }

  async getCompassHeading(): Promise<number> {
    if (!this.#isCompass) {
      throw unimplemented('it does not know where north is; if the base began facing north, DoCommand {"use_compass": true} says so');
    }
    return (360 - degrees(this.#known().yaw)) % 360;
  }

  async getProperties(): Promise<MovementProperties> {
    return {
      linearVelocitySupported: true,
      angularVelocitySupported: true,
      orientationSupported: true,
      positionSupported: true,
      compassHeadingSupported: this.#isCompass,
      linearAccelerationSupported: false,
    };
  }

  async getReadings(options?: CallOptions): Promise<Values> {
    const { latitude, longitude, altitude } = await this.getPosition(options);
    const { x, y, yaw } = this.#known();
    return {
      position: { _type: "geopoint", lat: latitude, lng: longitude },
      altitude,
      linear_velocity: { _type: "vector3", ...(await this.getLinearVelocity()) },
      angular_velocity: { _type: "angular_velocity", ...(await this.getAngularVelocity()) },
      orientation: { _type: "orientation_vector_degrees", ox: 0, oy: 0, oz: 1, theta: degrees(yaw) },
      ...(this.#isCompass ? { compass: await this.getCompassHeading() } : {}),
      position_meters_X: x,
      position_meters_Y: y,
    };
  }

  /** {"reset": true}, {"use_compass": true}, {"setLat": degrees, "setLong": degrees}, {"moveX": metres, "moveY": metres}; several at once as well. */
  async doCommand(command: Values): Promise<Values> {
    const { reset, use_compass: isCompass, setLat: latitude, setLong: longitude, moveX, moveY } = command;
    const [place, shift] = [pair({ setLat: latitude, setLong: longitude }), pair({ moveX, moveY })];
    if (reset === undefined && isCompass === undefined && place === undefined && shift === undefined) {
      throw unimplemented(
        `expected "reset", "use_compass", "setLat" and "setLong", or "moveX" and "moveY", got ${JSON.stringify(command)}`,
      );
    }
    if (isCompass !== undefined) this.#isCompass = isCompass === true;
    if (reset === true) {
      this.#odometer.reset();
      this.#origin = ORIGIN;
    }
    if (place !== undefined) this.#origin = { latitude: place[0], longitude: place[1] };
    if (shift !== undefined) {
      this.#odometer.x += shift[0];
      this.#odometer.y += shift[1];
    }
    return { x_m: this.#odometer.x, y_m: this.#odometer.y, yaw_deg: degrees(this.#odometer.yaw), use_compass: this.#isCompass };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const { logger, properties } = this.#parts;
    try {
      const now = await this.#positions();
      const last = this.#last;
      this.#last = now;
      if (this.#failure !== undefined) logger.info("the motors' positions can be read again");
      this.#failure = undefined;
      if (last === undefined || now.time <= last.time) return;
      this.#odometer.roll({
        left: (now.left - last.left) * properties.wheelCircumference,
        right: (now.right - last.right) * properties.wheelCircumference,
        duration: (now.time - last.time) / 1000,
      });
    } catch (error) {
      if (this.#failure === undefined) logger.error("the motors' positions can not be read", { error });
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  async #positions(): Promise<Positions> {
    const { left, right, clock } = this.#parts;
    const time = clock.now();
    const positions = await Promise.all([...left, ...right].map((one) => one.getPosition({ timeout: TIMEOUT })));
    if (!positions.every(Number.isFinite)) throw new Error(`expected numbers of revolutions from the motors, got ${positions.join(", ")}`);
    return { left: mean(positions.slice(0, left.length)), right: mean(positions.slice(left.length)), time };
  }

  #known(): Odometer {
    if (this.#failure === undefined) return this.#odometer;
    throw unavailable(`the motors' positions can not be read: ${this.#failure.message}`, { cause: this.#failure });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Two numbers that only make sense together; undefined without both. */
function pair(values: Readonly<Record<string, unknown>>): readonly [number, number] | undefined {
  const [first, second] = Object.values(values);
  if (first === undefined && second === undefined) return undefined;
  if (typeof first === "number" && typeof second === "number" && Number.isFinite(first) && Number.isFinite(second)) return [first, second];
  throw invalidArgument(`${Object.keys(values).join(", ")}: expected two numbers, got ${String(first)} and ${String(second)}`);
}
