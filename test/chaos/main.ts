/**
 * `npm run chaos [-- --kills N --supervisor-kills N]`: kills modules of a machine under load at random, and then the supervisor itself at random
 * moments, and looks whether everything comes back and nothing is left or lost. 0 leaves a part out. Exit code 1 when something is amiss.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { killModules } from "./kill-modules.js";
import { killSupervisor } from "./kill-supervisor.js";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "500" }, "supervisor-kills": { type: "string", default: "100" } },
});

for (const [name, run, count] of [
  ["kills of modules", killModules, Number(values.kills)],
  ["kills of the supervisor", killSupervisor, Number(values["supervisor-kills"])],
] as const) {
  if (!(count > 0)) continue;
  const folder = mkdtempSync(path.join(os.tmpdir(), "pc-"));
  const startedAt = performance.now();
  try {
    const summary = await run(folder, count);
    process.stdout.write(`${count} ${name}: ok in ${((performance.now() - startedAt) / 1000).toFixed(0)} s; ${summary}\n`);
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(`${count} ${name}: FAILED: ${error instanceof Error ? error.stack : String(error)}\nSee ${folder}\n`);
  }
}
process.exit();
