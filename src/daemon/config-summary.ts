/** What changed from one config to the next, in one line for people. */
import { type ConfigDiff, diffConfig } from "../config/diff-config.js";
import type { MachineConfig } from "../config/machine-config.js";

const MAX_NAMES = 8;

export function summarizeChange(previous: MachineConfig | undefined, next: MachineConfig): string {
  if (previous === undefined) return `${count(next.resources.size, "resource")}, ${count(next.modules.size, "module")}`;
  const diff = diffConfig(previous, next);
  const parts = [...setParts(diff.modules, "module "), ...setParts(diff.resources, "")];
  const sections = (["network", "auth", "log", "dormant"] as const).filter((section) => diff[section]);
  if (sections.length > 0)
    parts.push(`changed ${sections.map((section) => (section === "dormant" ? "other sections" : section)).join(", ")}`);
  if (diff.associated.length > 0 && parts.length === 0) parts.push(`changed service configs of ${names(diff.associated, "")}`);
  if (diff.invalid) parts.push("other entries are invalid");
  return parts.length === 0 ? "nothing that matters to the machine" : parts.join("; ");
}

function setParts(diff: ConfigDiff["modules" | "resources"], prefix: string): string[] {
  return (["added", "changed", "removed"] as const).flatMap((kind) =>
    diff[kind].length === 0 ? [] : [`${kind} ${names(diff[kind], prefix)}`],
  );
}

function names(full: readonly string[], prefix: string): string {
  const shown = full.slice(0, MAX_NAMES).map((name) => `${prefix}${name.slice(name.indexOf("/") + 1)}`);
  const rest = full.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

function count(size: number, word: string): string {
  return `${size} ${word}${size === 1 ? "" : "s"}`;
}
