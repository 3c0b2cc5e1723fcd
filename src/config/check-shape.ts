/** Runs a schema over one entry and says in our words what is wrong with it. */
import * as v from "valibot";
import { joinPath, type PathSegment } from "./json-path.js";
import type { Problems } from "./problems.js";

/** The checked value, or undefined after its errors were added to `problems`. */
export function checkShape<T>(schema: v.GenericSchema<unknown, T>, value: unknown, path: string, problems: Problems): T | undefined {
  if (Array.isArray(value) && schema.type.includes("object")) {
    problems.error(path, "expected an object, got a list"); // valibot takes a list for an object
    return undefined;
  }
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  for (const issue of result.issues) report(issue, path, problems);
  return undefined;
}

function report(issue: v.BaseIssue<unknown>, path: string, problems: Problems): void {
  const steps = (issue.path ?? []).map((item) => item.key as PathSegment); // keys of JSON objects and indices of its lists
  const at = steps.reduce<string>(joinPath, path);
  const inner = issue.type === "union" && issue.received === "Object" ? issue.issues?.filter((one) => one.path !== undefined) : undefined;
  if (inner !== undefined && inner.length > 0) {
    for (const one of inner) report(one, at, problems);
    return;
  }
  problems.error(at, messageOfIssue(issue));
}

function messageOfIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.kind !== "schema" || issue.type === "custom") return issue.message;
  if (issue.received === "undefined") return "missing; this key is required";
  return `expected ${inWords(issue.expected ?? "something else")}, got ${inWords(issue.received)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  Object: "an object",
  Array: "a list",
};

function inWords(expression: string): string {
  const word = WORDS[expression];
  if (word !== undefined) return word;
  // valibot writes a choice as `("a" | "b")`
  if (!expression.startsWith("(") || !expression.endsWith(")")) return expression;
  const choices = expression
    .slice(1, -1)
    .split(" | ")
    .filter((choice) => choice !== '""');
  return choices.map((choice) => WORDS[choice] ?? choice).join(" or ");
}
