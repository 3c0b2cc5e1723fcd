/** A list that its members know their way out of: coming and going costs neither garbage nor a search. */

/** What the list keeps in its members. */
export interface Member {
  before: Member | undefined;
  after: Member | undefined;
}

export class LinkedList<T extends Member> {
  #first: T | undefined;
  #last: T | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Of no list so far. */
  add(member: T): void {
    member.before = this.#last;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
  }

  /** Of this list. */
  delete(member: T): void {
    // Members of one list are of one type.
    const before = member.before as T | undefined;
    const after = member.after as T | undefined;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
  }

  /** In the order in which they came; the one at hand may be taken out. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let member = this.#first; member !== undefined; ) {
      const next = member.after as T | undefined;
      yield member;
      member = next;
    }
  }
}
