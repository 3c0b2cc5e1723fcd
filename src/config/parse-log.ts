/** The `log` section: levels by logger name. */
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import type { LogPattern } from "./machine-config.js";
import { logPatternSchema } from "./machine-schema.js";
import { toLogLevel } from "./parse-resource.js";
import type { Problems } from "./problems.js";

export function parseLogPatterns(section: unknown, path: string, problems: Problems): readonly LogPattern[] {
  if (section === undefined) return [];
  if (!Array.isArray(section)) {
    problems.error(path, "expected a list of objects with pattern and level");
    return [];
  }
  return section.flatMap((entry: unknown, index) => {
    const raw = checkShape(logPatternSchema, entry, joinPath(path, index), problems);
    const level = toLogLevel(raw?.level);
    return raw === undefined || level === undefined ? [] : [{ pattern: raw.pattern, level }];
  });
}
