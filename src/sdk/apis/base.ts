/** The base API: something that drives. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";
import type { Vector3 } from "./movement-sensor.js";

/** Something that drives. In its own frame y is ahead, x to the right, z up; turning left is positive. */
export interface Base extends Resource {
  /** Drives `distance` millimetres (a whole number on the wire) at `speed` mm/s; the sign of their product is the direction. Resolves when it stands there. */
  moveStraight(distance: number, speed: number, options?: CallOptions): Promise<void>;
  /** Turns on the spot by `angle` degrees at `speed` degrees per second; left where their product is positive. Resolves when it stands there. */
  spin(angle: number, speed: number, options?: CallOptions): Promise<void>;
  /** Drives on with shares of full power, -1 to 1: most bases use `linear.y` and `angular.z`. */
  setPower(linear: Vector3, angular: Vector3, options?: CallOptions): Promise<void>;
  /** Drives on at `linear` mm/s and `angular` degrees per second: most bases use `linear.y` and `angular.z`. */
  setVelocity(linear: Vector3, angular: Vector3, options?: CallOptions): Promise<void>;
  /** Stops, whatever runs. */
  stop(options?: CallOptions): Promise<void>;
  isMoving(options?: CallOptions): Promise<boolean>;
  getProperties(options?: CallOptions): Promise<BaseProperties>;
}

/** The measures of a base, metres. */
export interface BaseProperties {
  /** Between the wheels of both sides. */
  readonly width: number;
  /** Of the narrowest curve; 0 for a base that turns on the spot. */
  readonly turningRadius: number;
  readonly wheelCircumference: number;
}

/** `rdk:component:base` */
export const base: ResourceApi<Base> = createApi(
  "rdk:component:base",
  "viam.component.base.v1.BaseService",
  async () => (await import("../adapters/base-adapter.js")).baseAdapter,
);
