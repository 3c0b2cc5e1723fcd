/** The alphabet of names (machine config, "name rules"). */

const NAME = /^[a-zA-Z0-9][-\w]*$/;
const PART = /^[\w-]+$/;

const MAX_RESOURCE_NAME = 60;
const MAX_MODULE_NAME = 200;

/** What is wrong with a resource's or remote's name, or undefined. */
export function resourceNameProblem(name: string): string | undefined {
  return nameProblem(name, MAX_RESOURCE_NAME);
}

/** What is wrong with a module's or package's name, or undefined. */
export function moduleNameProblem(name: string): string | undefined {
  if (name === "parent") return 'expected a name other than "parent", which is reserved for the supervisor';
  return nameProblem(name, MAX_MODULE_NAME);
}

export function isNamePart(text: string): boolean {
  return PART.test(text);
}

function nameProblem(name: string, longest: number): string | undefined {
  if (name === "") return "expected a name, got an empty text";
  if (name.length > longest) return `expected at most ${longest} characters, got ${name.length}`;
  if (NAME.test(name)) return undefined;
  return `expected a letter or digit, then letters, digits, "-" or "_", got "${name}"`;
}
