/** The motor API: power, speed, position. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Something that turns. */
export interface Motor extends Resource {
  /** Power as a share of full power, -1 to 1; negative is backward. */
  setPower(power: number, options?: CallOptions): Promise<void>;
  /** Turns `revolutions` at `rpm`; the sign of their product is the direction. Resolves when the motor has stopped. */
  goFor(rpm: number, revolutions: number, options?: CallOptions): Promise<void>;
  /** Turns to `position` (revolutions from zero) at the speed of `rpm`, whose sign does not matter. Resolves when there. */
  goTo(rpm: number, position: number, options?: CallOptions): Promise<void>;
  /** Turns at `rpm` until told otherwise; negative is backward. */
  setRpm(rpm: number, options?: CallOptions): Promise<void>;
  /** Stops and moves zero: the present position becomes `-offset` revolutions, so that zero lies `offset` ahead. */
  resetZeroPosition(offset: number, options?: CallOptions): Promise<void>;
  /** Revolutions from zero. UNIMPLEMENTED without an encoder. */
  getPosition(options?: CallOptions): Promise<number>;
  getProperties(options?: CallOptions): Promise<MotorProperties>;
  /** Cuts the power, whatever runs. */
  stop(options?: CallOptions): Promise<void>;
  isPowered(options?: CallOptions): Promise<MotorPower>;
  isMoving(options?: CallOptions): Promise<boolean>;
}

/** What a motor can do. */
export interface MotorProperties {
  /** `getPosition`, `goTo` and `resetZeroPosition` work. */
  readonly positionReporting: boolean;
}

/** Whether a motor is driven now, and how strongly. */
export interface MotorPower {
  readonly isOn: boolean;
  /** -1 to 1. */
  readonly power: number;
}

/** `rdk:component:motor` */
export const motor: ResourceApi<Motor> = createApi(
  "rdk:component:motor",
  "viam.component.motor.v1.MotorService",
  async () => (await import("../adapters/motor-adapter.js")).motorAdapter,
);
