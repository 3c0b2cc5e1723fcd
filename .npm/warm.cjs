/**
 * Writes the code cache of a bundle: runs the program once for a moment, so that V8 has compiled what a start needs, and keeps what it compiled.
 * Usage: node warm.cjs ENTRY [ARGUMENT...]. A module ends when it is told to, a daemon by itself after a moment.
 */
const { writeFileSync } = require("node:fs");

const [entry, ...args] = process.argv.slice(2);
process.argv = [process.argv[0], entry, ...args];
const { script, cacheFile, bundle } = require(entry);

// Every program ends with process.exit or an empty event loop; both come by here.
process.on("exit", () => {
  writeFileSync(cacheFile, script.createCachedData());
});

if (bundle.sdk !== undefined) void runSensor(bundle.sdk());
else if (args[0] === "run") setTimeout(() => process.kill(process.pid, "SIGTERM"), 2500);

/** The SDK itself is no program: a module of one model stands for those that use it. */
async function runSensor({ defineModel, runModule, sensor }) {
  const create = ({ logger }) => {
    logger.info("made", { by: "the build" });
    return { getReadings: async () => ({ value: 1 }) };
  };
  await runModule({ models: [defineModel({ api: sensor, model: "warm:up:sensor", create })] });
}
