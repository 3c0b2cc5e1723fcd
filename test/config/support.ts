/** Parses configs the way the daemon does, with everything around them fixed. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/base/package-root.js";
import type { ConfigProblem, ParsedConfig, ResourceConfig } from "../../src/config/machine-config.js";
import { type ConfigContext, parseConfig } from "../../src/config/parse-config.js";

export function context(changes: Partial<ConfigContext> = {}): ConfigContext {
  return { env: {}, home: "/home/pi/.viam", userHome: "/home/pi", fileExists: () => true, ...changes };
}

export function parse(config: unknown, changes: Partial<ConfigContext> = {}): ParsedConfig {
  return parseConfig(typeof config === "string" ? config : JSON.stringify(config), context(changes));
}

export function errors(parsed: ParsedConfig): readonly string[] {
  return messages(parsed.problems, "error");
}

export function warnings(parsed: ParsedConfig): readonly string[] {
  return messages(parsed.problems, "warning");
}

function messages(problems: readonly ConfigProblem[], severity: ConfigProblem["severity"]): readonly string[] {
  return problems.filter((problem) => problem.severity === severity).map((problem) => `${problem.path}: ${problem.message}`);
}

/** The one resource of a config. */
export function onlyResource(parsed: ParsedConfig): ResourceConfig {
  const [resource, ...others] = parsed.config.resources.values();
  if (resource === undefined || others.length > 0) throw new Error(`expected one resource; problems: ${JSON.stringify(parsed.problems)}`);
  return resource;
}

export function fixture(name: string): string {
  return readFileSync(path.join(packageRoot(), "test", "fixtures", "configs", name), "utf8");
}
