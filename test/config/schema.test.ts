import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { packageRoot } from "../../src/base/package-root.js";
import { machineJsonSchema } from "../../src/config/schema.js";
import { moduleNameProblem, resourceNameProblem } from "../../src/resource/names.js";
import { errors, parse } from "./support.js";

interface Part {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly $defs?: Readonly<Record<string, Part>>;
}

describe("the JSON Schema", () => {
  test("in machine.schema.json is that of the code (npm run schema writes it)", async () => {
    const shipped = JSON.parse(readFileSync(path.join(packageRoot(), "machine.schema.json"), "utf8"));
    assert.deepEqual(shipped, await machineJsonSchema());
  });

  test("describes every key of the file and of resources and modules", async () => {
    const schema = (await machineJsonSchema()) as Part;
    const isPlain = new Set(["status", "managed_by"]); // written by the cloud, not by people
    for (const part of [schema, schema.$defs?.["component"], schema.$defs?.["service"], schema.$defs?.["module"]]) {
      for (const [key, entry] of Object.entries(part?.properties ?? {}))
        assert.ok(isPlain.has(key) || entry.description !== undefined, key);
    }
    assert.deepEqual(schema.$defs?.["component"]?.required, ["name", "model"]);
  });

  test("knows the same names as the code", async () => {
    const { $defs } = (await machineJsonSchema()) as Part;
    const rules = [
      [$defs?.["component"]?.properties?.["name"], resourceNameProblem],
      [$defs?.["module"]?.properties?.["name"], moduleNameProblem],
    ] as const;
    for (const [part, problem] of rules) {
      for (const name of [
        "a",
        "A-1_b",
        "",
        "-a",
        "_a",
        "a b",
        "a:b",
        "ä",
        "x".repeat(60),
        "x".repeat(61),
        "x".repeat(200),
        "x".repeat(201),
      ]) {
        const fits = new RegExp(part?.pattern ?? "").test(name) && name.length <= (part?.maxLength ?? 0);
        assert.equal(fits, problem(name) === undefined, name);
      }
    }
  });

  test("does not know a module called parent to be wrong, the parser does", () => {
    assert.equal(errors(parse({ modules: [{ name: "parent", executable_path: "/x" }] })).length, 1);
  });
});
