/** Vectors as readings carry them. */
import type { Vector3 } from "pinion/sdk";

export function vectorReading({ x, y, z }: Vector3, type: "vector3" | "angular_velocity" = "vector3"): Record<string, unknown> {
  return { _type: type, x, y, z };
}
