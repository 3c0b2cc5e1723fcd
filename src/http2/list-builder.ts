/** Header lists from the fields of a block: equal steady fields in an equal order become the same object. */
import type { HeaderField } from "./header-field.js";
import { HeaderList, SteadyFields } from "./header-list.js";

/** A step on the way through a header block, from its first field on. */
class Step {
  readonly #before: Step | undefined;
  readonly field: HeaderField | undefined;
  /** Which one comes next is mostly the one that came next the last time. */
  #lastNext: Step | undefined;
  #others: Map<HeaderField, Step> | undefined;
  #steady: SteadyFields | undefined;

  constructor(before: Step | undefined, field: HeaderField | undefined) {
    this.#before = before;
    this.field = field;
  }

  known(field: HeaderField): Step | undefined {
    if (this.#lastNext?.field === field) return this.#lastNext;
    const next = this.#others?.get(field);
    if (next !== undefined) this.#remember(next);
    return next;
  }

  add(field: HeaderField): Step {
    const next = new Step(this, field);
    this.#remember(next);
    return next;
  }

  get steady(): SteadyFields {
    this.#steady ??= new SteadyFields(this.fields(), true);
    return this.#steady;
  }

  fields(): readonly HeaderField[] {
    const fields: HeaderField[] = [];
    for (let step: Step | undefined = this; step !== undefined; step = step.#before) if (step.field !== undefined) fields.push(step.field);
    return fields.reverse();
  }

  #remember(next: Step): void {
    const last = this.#lastNext;
    if (last?.field !== undefined) {
      this.#others ??= new Map();
      this.#others.set(last.field, last);
    }
    this.#lastNext = next;
  }
}

/** Peers could fill memory with lists that never come again: then all are forgotten and the steady ones soon found again. */
const MAX_STEPS = 8192;
/** Longer lists are nobody's habit. */
const MAX_SHARED_FIELDS = 64;
const NOWHERE = new Step(undefined, undefined);
let first = new Step(undefined, undefined);
let steps = 0;

export class ListBuilder {
  #at: Step = NOWHERE;
  #count = 0;
  #varying: HeaderField[] | undefined;
  /** From the first field on that is not to be kept: long, marked as a secret, or one of too many. */
  #unshared: HeaderField[] | undefined;

  begin(): void {
    this.#at = first;
    this.#count = 0;
    this.#varying = undefined;
    this.#unshared = undefined;
  }

  add(field: HeaderField): void {
    const { about } = field;
    // A pseudo-field behind others is a mistake of the peer, which must still be seen.
    if (about.isVarying || (about.isPseudo && this.#varying !== undefined)) {
      if (this.#varying === undefined) this.#varying = [field];
      else this.#varying.push(field);
      return;
    }
    this.#count += 1;
    if (this.#unshared !== undefined) this.#unshared.push(field);
    else if (!field.isWorthKeeping || this.#count > MAX_SHARED_FIELDS) this.#unshared = [field];
    else this.#at = this.#at.known(field) ?? this.#step(field);
  }

  list(): HeaderList {
    const at = this.#at;
    const varying = this.#varying;
    const unshared = this.#unshared;
    // Between two lists nothing is held on to that others have forgotten.
    this.#at = NOWHERE;
    this.#varying = undefined;
    this.#unshared = undefined;
    const steady = unshared === undefined ? at.steady : new SteadyFields([...at.fields(), ...unshared], false);
    return varying === undefined ? steady.alone : new HeaderList(steady, varying);
  }

  listOf(fields: readonly HeaderField[]): HeaderList {
    this.begin();
    for (const field of fields) this.add(field);
    return this.list();
  }

  #step(field: HeaderField): Step {
    steps += 1;
    if (steps > MAX_STEPS) {
      first = new Step(undefined, undefined);
      steps = 0;
    }
    return this.#at.add(field);
  }
}
