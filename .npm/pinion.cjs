#!/usr/bin/env node
/** The command. It is here before anything is built, because npx keeps what it found when it was first asked. */
const { existsSync } = require("node:fs");
const path = require("node:path");

const entry = path.join(__dirname, "..", "dist", "bin", "pinion.cjs");
if (existsSync(entry)) require(entry);
else {
  console.error("pinion is not built yet: run `npm run build`, or wait until `npm start` has done it");
  process.exitCode = 1;
}
