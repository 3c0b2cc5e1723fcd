/**
 * Shell-style environment variables in the text of a machine config. It is done on every read, at start and on reload alike, in this order:
 *
 * 1. `$$` is a literal dollar sign, for good: `$${packages.x}` reads as the text `${packages.x}` and no later step touches it.
 * 2. `$NAME` and `${NAME}` are the variable's value; `${NAME:-text}` and `${NAME:=text}` give the text when the variable is unset or empty,
 *    `${NAME-text}` and `${NAME=text}` only when it is unset; `${NAME:+text}` and `${NAME+text}` give the text when it is set. An unset
 *    variable is empty. The text may itself hold variables.
 * 3. Everything else after a dollar sign stays as it is: `${packages.…}` and `${environment.…}` are placeholders (placeholders.ts, after
 *    decoding), `$1` or a dollar sign at the end of a regular expression are text, and the keys `"$schema"` and `"$comment"` are keys.
 *
 * A value is never looked at again. Inside a JSON string it is escaped, so no value can break the JSON. Outside of one
 * (`"port": ${PORT}`) it stands as it is when it is JSON by itself, becomes a string when not, and null when empty.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.

import { closingBrace } from "./json-cursor.js";

/** Stands for a dollar sign that is text, until restoreDollars. A noncharacter, which Unicode keeps out of texts. */
const LITERAL_DOLLAR = "\uFDD0";

interface TextNote {
  /** In the original text. */
  readonly offset: number;
  readonly message: string;
}

export interface SubstitutedText {
  readonly text: string;
  readonly notes: readonly TextNote[];
  /** Dollar signs that are text are hidden in the result: restoreDollars brings them back after decoding. */
  readonly hasHiddenDollars: boolean;
  /** Where something in the result comes from. */
  originalOffset(offset: number): number;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly originalStart: number;
  readonly originalEnd: number;
}

export function substituteEnvironment(text: string, env: Environment): SubstitutedText {
  if (!text.includes("$")) return { text, notes: [], hasHiddenDollars: false, originalOffset: (offset) => offset };
  return new Substitution(text, env).run();
}

/** The decoded JSON with the dollar signs that substituteEnvironment hid. */
export function restoreDollars(value: unknown): unknown {
  if (typeof value === "string") return value.includes(LITERAL_DOLLAR) ? value.replaceAll(LITERAL_DOLLAR, "$") : value;
  if (Array.isArray(value)) return value.map(restoreDollars);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.replaceAll(LITERAL_DOLLAR, "$"), restoreDollars(item)]));
}

const OUTSIDE = /["$]/g;
const INSIDE = /["\\$\n]/g;
const NAME = /[A-Za-z_]\w*/y;
const BODY = /^([A-Za-z_]\w*)(?:(:?[-=+])(.*))?$/s;
const EDITOR_KEY = /\$(?:schema|comment)"\s*:/y;
const PLACEHOLDER = /\{(?:packages|environment)\./y;

class Substitution {
  readonly #text: string;
  readonly #env: Environment;
  readonly #spans: Span[] = [];
  readonly #notes: TextNote[] = [];
  #out = "";
  #copied = 0;
  #hasHiddenDollars = false;

  constructor(text: string, env: Environment) {
    this.#text = text;
    this.#env = env;
  }

  run(): SubstitutedText {
    let isInString = false;
    for (let at = 0; ; ) {
      const pattern: RegExp = isInString ? INSIDE : OUTSIDE;
      pattern.lastIndex = at;
      const match: RegExpExecArray | null = pattern.exec(this.#text);
      if (match === null) break;
      const found: string = match[0];
      if (found === "$") {
        at = this.#dollar(match.index, isInString);
      } else {
        if (found !== "\\") isInString = found === '"' && !isInString; // a string that does not end on its line is told by the decoder
        at = match.index + (found === "\\" ? 2 : 1);
      }
    }
    const text = this.#out + this.#text.slice(this.#copied);
    const spans = this.#spans;
    return {
      text,
      notes: this.#notes,
      hasHiddenDollars: this.#hasHiddenDollars,
      originalOffset: (offset) => originalOffset(spans, offset),
    };
  }

  /** Handles the dollar sign at `at`; where to go on. */
  #dollar(at: number, isInString: boolean): number {
    const next = this.#text.charAt(at + 1);
    if (next === "$") {
      PLACEHOLDER.lastIndex = at + 2;
      if (PLACEHOLDER.test(this.#text)) this.#note(at, 'is the literal text after "$$"; write one "$" to have it replaced');
      this.#hasHiddenDollars = true;
      return this.#replace(at, at + 2, LITERAL_DOLLAR);
    }
    if (next === "{") return this.#braces(at, isInString);
    EDITOR_KEY.lastIndex = at;
    if (isInString && this.#text.charAt(at - 1) === '"' && EDITOR_KEY.test(this.#text)) return at + 1;
    NAME.lastIndex = at + 1;
    const name = NAME.exec(this.#text)?.[0];
    if (name === undefined) return at + 1;
    return this.#replace(at, at + 1 + name.length, this.#encode(this.#expandName(name, at, isInString), isInString));
  }

  #braces(at: number, isInString: boolean): number {
    const end = closingBrace(this.#text, at + 2, isInString);
    if (end === undefined) {
      this.#note(at, 'has "${" without a closing "}"; kept as text');
      return at + 2;
    }
    const value = this.#expandBody(this.#text.slice(at + 2, end), at, isInString);
    if (value === undefined) return end + 1; // a placeholder, or a form we do not know: its inside stays as it is too
    return this.#replace(at, end + 1, this.#encode(value, isInString));
  }

  /** The value of what stands between braces, or undefined when it is no variable. */
  #expandBody(body: string, at: number, isInString: boolean): string | undefined {
    const match = BODY.exec(body);
    const name = match?.[1];
    if (match === null || name === undefined) return undefined;
    const [, , operator, word = ""] = match;
    if (operator === undefined) return this.#expandName(name, at, isInString);
    const value = this.#env[name];
    const isSet = value !== undefined && (value !== "" || !operator.startsWith(":"));
    if (operator.endsWith("+")) return isSet ? this.#expandWord(word, at, isInString) : "";
    return isSet ? this.#literal(value, isInString) : this.#expandWord(word, at, isInString);
  }

  #expandName(name: string, at: number, isInString: boolean): string {
    const value = this.#env[name];
    if (value === undefined)
      this.#note(at, `uses the environment variable ${name}, which is not set; it reads as ${isInString ? "empty" : "null"}`);
    return this.#literal(value ?? "", isInString);
  }

  /** The text after an operator; variables in it are expanded. */
  #expandWord(word: string, at: number, isInString: boolean): string {
    return word.replace(/\$\$|\$\{((?:[^{}]|\{[^{}]*\})*)\}|\$([A-Za-z_]\w*)/g, (all, body?: string, name?: string) => {
      if (all === "$$") return this.#literal("$", isInString);
      if (name !== undefined) return this.#expandName(name, at, isInString);
      return this.#expandBody(body ?? "", at, isInString) ?? all;
    });
  }

  /** A value as it may stand in the text around it, its dollar signs hidden from all later steps. */
  #literal(value: string, isInString: boolean): string {
    const escaped = isInString ? JSON.stringify(value).slice(1, -1) : value;
    if (!escaped.includes("$")) return escaped;
    this.#hasHiddenDollars = true;
    return escaped.replaceAll("$", LITERAL_DOLLAR);
  }

  #encode(value: string, isInString: boolean): string {
    if (isInString) return value;
    if (value.trim() === "") return "null";
    try {
      JSON.parse(value);
      return value;
    } catch {
      return JSON.stringify(value); // no JSON by itself, so it is meant as a text
    }
  }

  #replace(from: number, to: number, replacement: string): number {
    this.#out += this.#text.slice(this.#copied, from);
    const start = this.#out.length;
    this.#out += replacement;
    this.#spans.push({ start, end: this.#out.length, originalStart: from, originalEnd: to });
    this.#copied = to;
    return to;
  }

  #note(offset: number, message: string): void {
    this.#notes.push({ offset, message });
  }
}

function originalOffset(spans: readonly Span[], offset: number): number {
  const before = spans.findLast((span) => span.start <= offset);
  if (before === undefined) return offset;
  return offset < before.end ? before.originalStart : before.originalEnd + (offset - before.end);
}
