/** The switch API: numbered positions. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Something with numbered positions. */
export interface Switch extends Resource {
  /** From 0 to the number of positions less one. */
  setPosition(position: number, options?: CallOptions): Promise<void>;
  getPosition(options?: CallOptions): Promise<number>;
  getNumberOfPositions(options?: CallOptions): Promise<SwitchPositions>;
}

/** The positions of a switch: 0 to `count` less one. */
export interface SwitchPositions {
  readonly count: number;
  /** None, or one for every position. */
  readonly labels: readonly string[];
}

/** `rdk:component:switch`, named so because `switch` is a word of the language. */
export const switchComponent: ResourceApi<Switch> = createApi(
  "rdk:component:switch",
  "viam.component.switch.v1.SwitchService",
  async () => (await import("../adapters/switch-adapter.js")).switchAdapter,
);
