/** `npm run test:bench -- wiring.json`: runs the suites on the real hardware that the file describes. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { skip } from "../skip.js";
import { readWiring } from "./wiring.js";

const [file] = process.argv.slice(2);
if (file === undefined) {
  skip(
    "bench",
    "no wiring file: join pins with cables, connect chips or join TX and RX of a port, describe it as in hardware-tests/README.md, and run `npm run test:bench -- wiring.json`",
  );
} else {
  readWiring(file);
  const suites = path.join(path.dirname(import.meta.dirname), "suites");
  const tests = readdirSync(suites)
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => path.join(suites, name));
  const env = { ...process.env, PINION_RIG: "bench", PINION_WIRING: path.resolve(file) };
  const args = ["--enable-source-maps", "--test", "--test-concurrency=1", "--test-timeout=60000", ...tests];
  spawn(process.execPath, args, { stdio: "inherit", env }).on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
