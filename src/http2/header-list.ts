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
