/** `npm run fuzz -- --count N --seed N`: as many mutated frames, and a status of 1 when one was a mistake of ours. */
import { parseArgs } from "node:util";
import { fuzzConnections } from "./fuzz-run.js";

const { values } = parseArgs({ options: { count: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } } });
const before = process.memoryUsage().heapUsed;
const report = await fuzzConnections(Number(values.count), Number(values.seed));
const grown = Math.round((process.memoryUsage().heapUsed - before) / 1024 / 1024);
console.log(
  `${report.frames} mutated frames on ${report.connections} connections: ${report.mistakes.length} mistakes, ${report.openStreams} streams left, heap ${grown} MiB`,
);
for (const mistake of report.mistakes.slice(0, 10)) console.log(mistake);
process.exitCode = report.mistakes.length + report.openStreams === 0 ? 0 : 1;
