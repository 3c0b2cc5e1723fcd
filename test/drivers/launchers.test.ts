/** The scripts that start the drivers: each folder has its own, so that it can be packed by itself. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/base/package-root.js";

test("the modules of all drivers start by the same script", () => {
  const drivers = path.join(packageRoot(), "drivers");
  const [first = "", ...others] = readdirSync(drivers);
  const script = (driver: string): string => readFileSync(path.join(drivers, driver, "run.sh"), "utf8");
  assert.ok(others.length > 0);
  for (const driver of others) assert.equal(script(driver), script(first), `${driver}/run.sh beside ${first}/run.sh`);
});
