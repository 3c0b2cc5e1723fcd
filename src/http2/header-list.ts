/**
 * The fields of one header block in two parts: those that messages of a kind have in common, one object for all of them, and those that differ
 * from message to message. Whatever is found out about the first part, or made of it, is found out and made once.
 */
import { fieldValue, type HeaderField, isVaryingName } from "./header-field.js";

const NONE: readonly HeaderField[] = [];

export class SteadyFields {
  readonly fields: readonly HeaderField[];
  /** It will come again: what is made of it is worth keeping. */
  readonly isShared: boolean;
  /** The list that has nothing else. */
  readonly alone: HeaderList;
  /** Bytes that they need at most, as literals. */
  readonly size: number;
  readonly isWellFormed: boolean;

  constructor(fields: readonly HeaderField[], isShared: boolean) {
    this.fields = fields;
    this.isShared = isShared;
    this.alone = new HeaderList(this, NONE);
    this.size = sizeOf(fields);
    this.isWellFormed = fields.every(({ isWellFormed }) => isWellFormed);
  }
}

export class HeaderList {
  readonly steady: SteadyFields;
  readonly varying: readonly HeaderField[];

  constructor(steady: SteadyFields, varying: readonly HeaderField[]) {
    this.steady = steady;
    this.varying = varying;
  }

  /** All of them. Fields of one name are in their order. */
  get fields(): readonly HeaderField[] {
    return this.varying.length === 0 ? this.steady.fields : [...this.steady.fields, ...this.varying];
  }

  /** Whether each of them is, by itself. */
  get isWellFormed(): boolean {
    if (!this.steady.isWellFormed) return false;
    for (const field of this.varying) if (!field.isWellFormed) return false;
    return true;
  }

  /** The first value under a name. */
  value(name: string): string | undefined {
    const value = fieldValue(this.varying, name);
    return value !== undefined || isVaryingName(name) ? value : fieldValue(this.steady.fields, name);
  }
}

const NO_FIELDS = new SteadyFields(NONE, true);

/** Of fields that were put together for one message. */
export function singleList(fields: readonly HeaderField[]): HeaderList {
  return new HeaderList(NO_FIELDS, fields);
}

/** Of fields that will be sent again as the same object. */
export function steadyList(fields: readonly HeaderField[]): HeaderList {
  return new SteadyFields(fields, true).alone;
}

export function sizeOf(fields: readonly HeaderField[]): number {
  let size = 0;
  for (const field of fields) size += field.size;
  return size;
}

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

  #remember(next: Step): void {
    const last = this.#lastNext;
    if (last?.field !== undefined) {
      this.#others ??= new Map();
      this.#others.set(last.field, last);
    }
    this.#lastNext = next;
  }

  fields(): readonly HeaderField[] {
    const fields: HeaderField[] = [];
    for (let step: Step | undefined = this; step !== undefined; step = step.#before) if (step.field !== undefined) fields.push(step.field);
    return fields.reverse();
  }
}

// Peers could fill memory with lists that never come again: then all are forgotten and the steady ones soon found again.
const MAX_STEPS = 8192;
/** Longer lists are nobody's habit. */
const MAX_SHARED_FIELDS = 64;
const NOWHERE = new Step(undefined, undefined);
let first = new Step(undefined, undefined);
let steps = 0;

/** Puts a list together, field by field: equal steady fields in an equal order become the same object. */
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
