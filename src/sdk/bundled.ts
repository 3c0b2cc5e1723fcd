/** The entry of the bundle that `pinion/sdk` and `pinion/sdk/testing` are at run time: one, so that they share every class. */
import * as index from "./index.js";

export function sdk(): typeof index {
  return index;
}

/** Loads at the first call. */
export function testing(): Promise<typeof import("./testing.js")> {
  return import("./testing.js");
}
