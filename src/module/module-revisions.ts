/** The configs that a module was asked to run with, numbered. Only those that are still of use are kept. */
import { isEqualJson } from "../base/json.js";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";
import type { ModuleExecutable } from "./module-executable.js";

/** A config of a module together with what else its process is started with. */
export interface Revision {
  readonly config: ModuleConfig;
  readonly apiKey: ApiKey | undefined;
  /** Once it was prepared. */
  executable?: ModuleExecutable;
}

export class ModuleRevisions {
  readonly #revisions = new Map<number, Revision>();
  #last = 0;

  get(number: number): Revision | undefined {
    return this.#revisions.get(number);
  }

  /** The one that was added last. */
  latest(): Revision | undefined {
    return this.#revisions.get(this.#last);
  }

  /** Forgets all but those in use. */
  add(revision: Revision, inUse: readonly (number | undefined)[]): number {
    for (const known of this.#revisions.keys()) {
      if (!inUse.includes(known)) this.#revisions.delete(known);
    }
    this.#last += 1;
    this.#revisions.set(this.#last, revision);
    return this.#last;
  }

  /** The number of an equal one among `candidates`. */
  find(revision: Revision, candidates: readonly (number | undefined)[]): number | undefined {
    return candidates.find((candidate) => {
      const known = candidate === undefined ? undefined : this.#revisions.get(candidate);
      return known !== undefined && isEqualJson(known.config, revision.config) && isEqualJson(known.apiKey, revision.apiKey);
    });
  }
}
