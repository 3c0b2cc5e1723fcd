import type { SteadyFields } from "./header-list.js";

/** What is found out about steady fields, kept for as long as they are. */
export class FactsOf<T extends object> {
  readonly #find: (fields: SteadyFields) => T;
  readonly #known = new WeakMap<SteadyFields, T>();
  #last: SteadyFields | undefined;
  #lastFacts: T | undefined;

  constructor(find: (fields: SteadyFields) => T) {
    this.#find = find;
  }

  of(fields: SteadyFields): T {
    if (!fields.isShared) return this.#find(fields);
    if (fields === this.#last && this.#lastFacts !== undefined) return this.#lastFacts;
    let facts = this.#known.get(fields);
    if (facts === undefined) {
      facts = this.#find(fields);
      this.#known.set(fields, facts);
    }
    this.#last = fields;
    this.#lastFacts = facts;
    return facts;
  }
}
