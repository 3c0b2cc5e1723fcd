/** The movement sensor API: position, velocity, acceleration, orientation. */

import type { CallOptions, Resource, Values } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Implement what the hardware measures: a method left out throws UNIMPLEMENTED, and `getProperties` says so by default. */
export interface MovementSensor extends Resource {
  /** Metres per second. */
  getLinearVelocity?(options?: CallOptions): Promise<Vector3>;
  /** Degrees per second. */
  getAngularVelocity?(options?: CallOptions): Promise<Vector3>;
  /** Metres per second squared. */
  getLinearAcceleration?(options?: CallOptions): Promise<Vector3>;
  /** Degrees clockwise from north, 0 to 360. */
  getCompassHeading?(options?: CallOptions): Promise<number>;
  getOrientation?(options?: CallOptions): Promise<OrientationVector>;
  getPosition?(options?: CallOptions): Promise<GeoPosition>;
  /** Default: none known. */
  getAccuracy?(options?: CallOptions): Promise<MovementAccuracy>;
  /** Default: what is implemented. */
  getProperties?(options?: CallOptions): Promise<MovementProperties>;
  /** Default: all that is supported, by the names official clients use. */
  getReadings?(options?: CallOptions): Promise<Values>;
}

/** Three components along the axes of the sensor. */
export interface Vector3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A vector the sensor points along and a turn around it, theta in degrees. */
export interface OrientationVector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly theta: number;
}

/** A place on earth. */
export interface GeoPosition {
  /** Degrees, WGS 84. */
  readonly latitude: number;
  readonly longitude: number;
  /** Metres. */
  readonly altitude: number;
}

/** How good the values are; undefined is not known. */
export interface MovementAccuracy {
  readonly accuracy?: Readonly<Record<string, number>> | undefined;
  readonly positionHdop?: number | undefined;
  readonly positionVdop?: number | undefined;
  /** Fix quality of the NMEA GGA sentence. */
  readonly positionNmeaGgaFix?: number | undefined;
  readonly compassDegreesError?: number | undefined;
}

/** Which quantities a movement sensor measures. */
export interface MovementProperties {
  readonly linearVelocitySupported: boolean;
  readonly angularVelocitySupported: boolean;
  readonly orientationSupported: boolean;
  readonly positionSupported: boolean;
  readonly compassHeadingSupported: boolean;
  readonly linearAccelerationSupported: boolean;
}

/** `rdk:component:movement_sensor` */
export const movementSensor: ResourceApi<MovementSensor> = createApi(
  "rdk:component:movement_sensor",
  "viam.component.movementsensor.v1.MovementSensorService",
  async () => (await import("../adapters/movement-sensor-adapter.js")).movementSensorAdapter,
);
