/** What the simulated parts of one module share: the time, and how parts that belong together find each other. */
import type { CameraView } from "./fakes/camera.js";
import { realClock, type SimClock } from "./physics/sim-clock.js";
import type { TickDisc } from "./physics/tick-disc.js";

export interface World {
  readonly clock: SimClock;
  /** Encoders by full resource name. */
  readonly encoders: Map<string, TickDisc>;
  /** Fake cameras by full resource name: fake vision services look through them. */
  readonly cameras: Map<string, CameraView>;
}

export function createWorld(clock: SimClock = realClock): World {
  return { clock, encoders: new Map(), cameras: new Map() };
}
