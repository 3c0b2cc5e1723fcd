/** A pose tracker that sees one body circle around it. */
import type { ResourceContext } from "pinion/sdk";
import { circleAt } from "../physics/circle-drive.js";
import type { World } from "../world.js";
import type { PoseTracker } from "./apis.js";

const BODY = "body1";
const CIRCLE = { latitude: 0, longitude: 0, altitude: 0, radius: 1, speed: 0.5 };

export function create({ name }: ResourceContext<unknown>, { clock }: World): PoseTracker {
  return {
    getPoses: async ({ bodyNames }) => {
      if (bodyNames.length > 0 && !bodyNames.includes(BODY)) return { bodyPoses: {} };
      const { east, north, yaw } = circleAt(clock.now(), CIRCLE);
      const pose = { x: east * 1000, y: north * 1000, z: 0, oX: 0, oY: 0, oZ: 1, theta: yaw };
      return { bodyPoses: { [BODY]: { referenceFrame: name, pose } } };
    },
  };
}
