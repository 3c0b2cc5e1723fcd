/** A folder of the test's own, removed when the test ends. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";

export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "pinion-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
