/** What a module may use of the machine: the `limits` of its entry. */
import { joinPath } from "./json-path.js";
import type { ModuleResourceLimits } from "./machine-config.js";
import type { Problems } from "./problems.js";
import type { RawModule } from "./raw-config.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  k: 1000,
  kB: 1000,
  M: 1e6,
  MB: 1e6,
  G: 1e9,
  GB: 1e9,
  Ki: 1024,
  KiB: 1024,
  Mi: 1024 ** 2,
  MiB: 1024 ** 2,
  Gi: 1024 ** 3,
  GiB: 1024 ** 3,
};
/** Less would end any program at its start. */
const LEAST_MEMORY = 4 * 1024 ** 2;

/** Undefined when nothing is limited. What cannot be read is an error: a module must not run without the limit that was meant. */
export function parseLimits(raw: RawModule["limits"], at: string, problems: Problems): ModuleResourceLimits | undefined {
  const memory = raw?.memory === undefined ? undefined : parseMemory(raw.memory, joinPath(at, "memory"), problems);
  const cpu = raw?.cpu;
  const processes = raw?.processes;
  if (memory === undefined && cpu === undefined && processes === undefined) return undefined;
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(processes === undefined ? {} : { processes }),
  };
}

function parseMemory(text: string, at: string, problems: Problems): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit];
  const bytes = digits === "" || factor === undefined ? undefined : Math.floor(Number(digits) * factor);
  if (bytes !== undefined && bytes >= LEAST_MEMORY) return bytes;
  const wrong = bytes === undefined ? "" : ", at least 4MiB";
  problems.error(at, `expected an amount of memory such as "256MiB"${wrong}, got "${text}"`);
  return undefined;
}
