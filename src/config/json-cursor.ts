/**
 * Walks over JSON text by position. It builds no values (JSON.parse is faster): it finds out where something stands,
 * where a value ends, and what is wrong with text that JSON.parse refused.
 */

/** Text that is no JSON, with the place where it stops to be. */
export class JsonSyntaxError extends Error {
  override readonly name: string = "JsonSyntaxError";
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const VARIABLE = /\$[A-Za-z_]\w*/y;
const SPACE = /[ \t\r\n]*/y;
const LOOKS_LIKE_TEXT = /[^\s,:{}[\]"]{1,20}/y;

// As deep as Go's decoder goes is 10,000; a config is a handful, and each level costs a stack frame here.
const MAX_DEPTH = 500;

export interface JsonCursorOptions {
  /** Bare `$NAME` and `${…}` outside of strings count as values: text before environment variables were put in. */
  readonly hasVariables?: boolean;
}

export class JsonCursor {
  readonly #text: string;
  readonly #hasVariables: boolean;
  #depth = 0;
  offset = 0;

  constructor(text: string, options: JsonCursorOptions = {}) {
    this.#text = text;
    this.#hasVariables = options.hasVariables === true;
    if (text.startsWith("\uFEFF")) this.offset = 1; // a byte order mark, as some editors write it
  }

  /** The next character that is no white space; empty at the end. */
  peek(): string {
    this.#match(SPACE);
    return this.#text.charAt(this.offset);
  }

  /** Goes past the value that starts here. */
  skipValue(): void {
    const next = this.peek();
    if (next === "{") this.#nested(() => this.eachMember(() => this.skipValue()));
    else if (next === "[") this.#nested(() => this.eachItem(() => this.skipValue()));
    else if (next === '"') this.readString();
    else if (!this.#skipScalar(next)) throw this.#unexpected("a value");
  }

  /** Calls `visit` for each member of the object here, the cursor standing at its value; `visit` must go past the value. */
  eachMember(visit: (key: string, keyOffset: number) => void): void {
    this.#expect("{", "an object");
    if (this.#take("}")) return;
    for (;;) {
      if (this.peek() !== '"') throw this.#unexpected("a key in double quotes");
      const keyOffset = this.offset;
      const key = this.readString();
      this.#expect(":", 'a ":" after the key');
      this.peek();
      visit(key, keyOffset);
      if (this.#take("}")) return;
      this.#expect(",", '"," or "}"');
    }
  }

  /** Calls `visit` for each item of the list here, the cursor standing at it; `visit` must go past the item. */
  eachItem(visit: (index: number) => void): void {
    this.#expect("[", "a list");
    if (this.#take("]")) return;
    for (let index = 0; ; index += 1) {
      this.peek();
      visit(index);
      if (this.#take("]")) return;
      this.#expect(",", '"," or "]"');
    }
  }

  /** The string here, decoded. */
  readString(): string {
    const start = this.offset;
    const end = this.#endOfString(start);
    this.offset = end;
    const raw = this.#text.slice(start, end);
    if (!raw.includes("\\")) return raw.slice(1, -1);
    try {
      return String(JSON.parse(raw));
    } catch {
      throw new JsonSyntaxError(start, "expected a string, found one with an escape that JSON does not have");
    }
  }

  #skipScalar(next: string): boolean {
    if (this.#match(NUMBER) !== undefined || this.#match(WORD) !== undefined) return true;
    return this.#hasVariables && next === "$" && this.#skipVariable();
  }

  #skipVariable(): boolean {
    if (this.#text.charAt(this.offset + 1) !== "{") return this.#match(VARIABLE) !== undefined;
    const end = closingBrace(this.#text, this.offset + 2, false);
    if (end === undefined) return false;
    this.offset = end + 1;
    return true;
  }

  #endOfString(start: number): number {
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) return at + 1;
      if (code === 0x5c) at += 1;
      else if (code === 0x0a || code === 0x0d) break;
      else if (code < 0x20) throw new JsonSyntaxError(at, "expected text, found a control character (write it as an escape such as \\t)");
    }
    throw new JsonSyntaxError(start, "this string does not end on its line");
  }

  #nested(walk: () => void): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new JsonSyntaxError(this.offset, `nested deeper than ${MAX_DEPTH} levels`);
    walk();
    this.#depth -= 1;
  }

  #take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.offset += 1;
    return true;
  }

  #expect(character: string, what: string): void {
    if (!this.#take(character)) throw this.#unexpected(what);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.offset += match[0].length;
    return match[0];
  }

  #unexpected(expected: string): JsonSyntaxError {
    const next = this.peek();
    if (next === "") return new JsonSyntaxError(this.offset, `expected ${expected}, but the text ends here`);
    if (next === "/" || next === "#") return new JsonSyntaxError(this.offset, `expected ${expected}; JSON has no comments`);
    LOOKS_LIKE_TEXT.lastIndex = this.offset;
    const found = LOOKS_LIKE_TEXT.exec(this.#text)?.[0] ?? next;
    const isAfterComma = /,\s*$/.test(this.#text.slice(Math.max(0, this.offset - 200), this.offset));
    const hint = isAfterComma && (next === "}" || next === "]") ? " (remove the comma before it)" : "";
    return new JsonSyntaxError(this.offset, `expected ${expected}, found ${JSON.stringify(found)}${hint}`);
  }
}

/** The brace that closes the `${` whose body starts at `from`: on its line and, in a string, before the string ends. */
export function closingBrace(text: string, from: number, isInString: boolean): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\n" || (isInString && character === '"')) return undefined;
    if (character === "\\" && isInString) at += 1;
    else if (character === "{" && (!isInString || text.charAt(at - 1) === "$")) depth += 1;
    else if (character === "}") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return undefined;
}

export interface Position {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export function positionOf(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: Math.max(0, offset - lineStart) + 1 };
}
