/** A model such as acme:demo:thermo: one implementation of an API. */
import { isNamePart } from "./names.js";

export interface Model {
  readonly namespace: string;
  readonly family: string;
  readonly name: string;
}

/** The model; a single word means rdk:builtin:word. Undefined when the text is neither. */
export function parseModel(text: string): Model | undefined {
  const parts = text.split(":");
  if (!parts.every(isNamePart)) return undefined;
  const [first, family, name] = parts;
  if (first === undefined) return undefined;
  if (parts.length === 1) return { namespace: "rdk", family: "builtin", name: first };
  if (parts.length !== 3 || family === undefined || name === undefined) return undefined;
  return { namespace: first, family, name };
}

export function formatModel(model: Model): string {
  return `${model.namespace}:${model.family}:${model.name}`;
}
