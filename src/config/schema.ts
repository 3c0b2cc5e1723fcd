/** The JSON Schema of a machine config, for editors. Made from machine-schema.ts; never needed while a machine runs. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type * as v from "valibot";
import type { JsonObject } from "../base/json.js";
import { packageRoot } from "../base/package-root.js";
import * as definitions from "./machine-schema.js";

/** Draft 07, which every editor understands. */
export async function machineJsonSchema(): Promise<JsonObject> {
  const converter = await loadConverter();
  // An installation has no converter (a development dependency) but has what it made.
  if (converter === undefined) return JSON.parse(readFileSync(path.join(packageRoot(), "machine.schema.json"), "utf8"));
  const levels = definitions.CONFIG_LOG_LEVELS;
  const schema = converter.toJsonSchema(definitions.machineSchema, {
    errorMode: "ignore", // checks that JSON Schema cannot say are left to `pinion validate`
    definitions: {
      component: definitions.componentSchema,
      service: definitions.serviceSchema,
      module: definitions.moduleSchema,
      remote: definitions.remoteSchema,
      package: definitions.packageSchema,
      job: definitions.jobSchema,
    },
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      if (valibotSchema === definitions.levelText) return { ...jsonSchema, anyOf: [{ enum: [...levels] }, { pattern: anyCase(levels) }] };
      return valibotSchema.type === "custom" ? { type: "object" } : undefined; // free-form JSON
    },
  });
  const { $schema = "", title = "", ...rest }: JsonObject = JSON.parse(JSON.stringify(schema));
  return withEitherSpelling({ $schema, title, ...rest });
}

async function loadConverter(): Promise<{ toJsonSchema: ToJsonSchema } | undefined> {
  try {
    return await import("@valibot/to-json-schema");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

type ToJsonSchema = (schema: v.GenericSchema, config: import("@valibot/to-json-schema").ConversionConfig) => object;

/** JSON Schema's patterns have no flag for it. */
function anyCase(words: readonly string[]): string {
  const either = words.map((word) => word.replace(/./g, (letter) => `[${letter.toUpperCase()}${letter}]`));
  return `^(?:${either.join("|")})$`;
}

/** Says what no single key can: a resource has "api" or the older "type". */
function withEitherSpelling(schema: JsonObject): JsonObject {
  const parts = schema["$defs"];
  if (typeof parts !== "object" || parts === null || Array.isArray(parts)) return schema;
  const either = { anyOf: [{ required: ["api"] }, { required: ["type"] }] };
  const { component, service, ...others } = parts as Readonly<Record<string, JsonObject>>; // objects, as the converter makes them
  return { ...schema, $defs: { component: { ...component, ...either }, service: { ...service, ...either }, ...others } };
}
