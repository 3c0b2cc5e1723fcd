/** The servo API: an angle. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** A motor that turns to an angle. */
export interface Servo extends Resource {
  /** Degrees from 0; travels as a whole number. Resolves when the servo stands there, as far as the driver can know. */
  move(angle: number, options?: CallOptions): Promise<void>;
  /** Degrees. */
  getPosition(options?: CallOptions): Promise<number>;
  stop(options?: CallOptions): Promise<void>;
  isMoving(options?: CallOptions): Promise<boolean>;
}

/** `rdk:component:servo` */
export const servo: ResourceApi<Servo> = createApi(
  "rdk:component:servo",
  "viam.component.servo.v1.ServoService",
  async () => (await import("../adapters/servo-adapter.js")).servoAdapter,
);
