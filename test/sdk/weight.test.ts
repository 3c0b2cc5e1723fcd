/** What a module need not load: a gRPC library, and Node's own HTTP/2. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/base/package-root.js";

const HEAVY = ["@grpc/grpc-js", "node:http2", "http2"];

/** Of a file that the compiler wrote: imports of types are gone. */
function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g);
  return [...found].flatMap(([, target]) => target ?? []);
}

/** Who imports something heavy, of all that can be reached from a file, at once or later. */
function heavyImports(entry: string): readonly string[] {
  const seen = new Set<string>([entry]);
  const heavy: string[] = [];
  for (const file of seen) {
    for (const target of importsOf(file)) {
      if (HEAVY.includes(target)) heavy.push(`${path.relative(packageRoot(), file)} imports ${target}`);
      const next = path.resolve(path.dirname(file), target);
      // Examples in comments import what is not there.
      if (target.startsWith(".") && existsSync(next)) seen.add(next);
    }
  }
  assert.ok(seen.size > 50, `only ${seen.size} files were found`);
  return heavy;
}

for (const entry of ["index", "testing"]) {
  test(`nothing that sdk/${entry}.ts reaches imports a gRPC library or node:http2`, () => {
    assert.deepEqual(heavyImports(path.join(import.meta.dirname, `../../src/sdk/${entry}.js`)), []);
  });
}

test("the bundle of the SDK has none either", (t) => {
  const bundle = path.join(packageRoot(), "dist/sdk/sdk.bundle.cjs");
  if (!existsSync(bundle)) {
    t.skip("there is no bundle: npm run build makes it");
    return;
  }
  const text = readFileSync(bundle, "latin1");
  for (const name of HEAVY) assert.ok(!text.includes(`require("${name}")`), name);
  assert.ok(!text.includes("grpc-js"));
});
