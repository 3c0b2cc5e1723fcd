/** What a resource may have for the module that holds it. */
import type { ResourceContext } from "./resource-context.js";

/** Called by the module, never by clients. */
export interface Lifecycle<Attributes> {
  /**
   * Takes a new config in place. Leave it out to be closed and created anew at every change; return `"rebuild"` to ask for that
   * this time. Throwing fails the reconfiguration and keeps the resource as it is.
   */
  reconfigure?(context: ResourceContext<Attributes>): ReconfigureOutcome | Promise<ReconfigureOutcome>;
  /** Frees what the resource holds. Runs once, after `stop()` where the API has one. */
  close?(): void | Promise<void>;
}

/** Nothing, or `"rebuild"` to be closed and created anew. */
// biome-ignore lint/suspicious/noConfusingVoidType: class methods that return nothing have this type
export type ReconfigureOutcome = "rebuild" | undefined | void;
