/** The button API. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Something to push. */
export interface Button extends Resource {
  push(options?: CallOptions): Promise<void>;
}

/** `rdk:component:button` */
export const button: ResourceApi<Button> = createApi(
  "rdk:component:button",
  "viam.component.button.v1.ButtonService",
  async () => (await import("../adapters/button-adapter.js")).buttonAdapter,
);
