/** The movement sensor of a vehicle that drives in a circle. Vectors are in the world's frame: x east, y north, z up. */
import type { MovementSensor, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { type CircleState, circleAt } from "../physics/circle-drive.js";
import { positive, within } from "../schema.js";
import type { World } from "../world.js";

export interface MovementSensorAttributes {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude_m: number;
  readonly radius_m: number;
  readonly speed_m_per_sec: number;
}

export const schema: v.GenericSchema<unknown, MovementSensorAttributes> = v.object({
  latitude: within(-89, 89, 40.7),
  longitude: within(-180, 180, -73.98),
  altitude_m: v.optional(v.number(), 50.5),
  radius_m: positive(10),
  speed_m_per_sec: within(-1000, 1000, 1),
});

export function create({ attributes }: ResourceContext<MovementSensorAttributes>, { clock }: World): MovementSensor {
  const start = clock.now();
  const { latitude, longitude, altitude_m: altitude, radius_m: radius, speed_m_per_sec: speed } = attributes;
  const state = (): CircleState => circleAt(clock.now() - start, { latitude, longitude, altitude, radius, speed });
  return {
    getPosition: async () => state(),
    getLinearVelocity: async () => state().velocity,
    getLinearAcceleration: async () => state().acceleration,
    getAngularVelocity: async () => ({ x: 0, y: 0, z: state().turnRate }),
    getCompassHeading: async () => state().heading,
    getOrientation: async () => ({ x: 0, y: 0, z: 1, theta: state().yaw }),
    getAccuracy: async () => ({ positionHdop: 0.8, positionVdop: 1.2, positionNmeaGgaFix: 8, compassDegreesError: 0 }),
  };
}
