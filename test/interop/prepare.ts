/** Gets the official SDKs and builds the suite's Go programs: run once before the tests, quick when nothing changed. */
import { messageOf } from "../../src/base/errors.js";
import { prepareGo, prepareNodeClient, preparePython } from "./support/toolchains.js";

async function step(what: string, action: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await action();
  process.stdout.write(`${what}: ready after ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

// Each to its end, so that a failure leaves none of the others running.
const results = await Promise.allSettled([
  step("Python modules and clients (viam-sdk, grpcio, h2)", preparePython),
  step("Go module and client (go.viam.com/rdk)", prepareGo),
  step("TypeScript client (@viamrobotics/sdk)", prepareNodeClient),
]);
for (const result of results) {
  if (result.status === "fulfilled") continue;
  process.stderr.write(`${messageOf(result.reason)}\n`);
  process.exitCode = 1;
}
