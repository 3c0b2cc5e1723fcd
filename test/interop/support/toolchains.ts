/** The official SDKs as the suite uses them: a Python environment, Go programs, the TypeScript client. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { buildOnce, cacheFolder, interopSource, textOf } from "./cache.js";
import { runProgram } from "./run-program.js";

const MINUTES = 60_000;

function pythonFolder(): string {
  return cacheFolder("python", readFileSync(interopSource("python", "requirements.txt"), "utf8"));
}

function goFolder(): string {
  return cacheFolder("go", textOf(interopSource("go"), [".go", "go.mod", "go.sum"]));
}

/** The interpreter of the environment that has the official SDK. */
export function pythonProgram(): string {
  return present(path.join(pythonFolder(), "bin", "python"));
}

export function goProgram(name: "module" | "client" | "load"): string {
  return present(path.join(goFolder(), "bin", name));
}

/** The TypeScript client's program, beside its own node_modules. */
export function nodeClientProgram(name: string = "client.mjs"): string {
  present(interopSource("node-client", "node_modules", "@viamrobotics", "sdk", "package.json"));
  return interopSource("node-client", name);
}

function present(file: string): string {
  if (!existsSync(file)) throw new Error(`${file} is not there: run the suite by \`npm run test:interop\`, which makes it`);
  return file;
}

export async function preparePython(): Promise<void> {
  const folder = pythonFolder();
  await buildOnce(folder, async () => {
    await runProgram("python3", ["-m", "venv", "--clear", folder], { limitMs: 5 * MINUTES });
    const requirements = interopSource("python", "requirements.txt");
    await runProgram(path.join(folder, "bin", "pip"), ["install", "--quiet", "--requirement", requirements], { limitMs: 10 * MINUTES });
  });
}

export async function prepareGo(): Promise<void> {
  const folder = goFolder();
  await buildOnce(folder, async () => {
    const args = ["build", "-mod=readonly", "-buildvcs=false", "-tags", "no_cgo", "-o", `${path.join(folder, "bin")}/`, "./cmd/..."];
    await runProgram("go", args, { cwd: interopSource("go"), env: { CGO_ENABLED: "0", GOWORK: "off" }, limitMs: 20 * MINUTES });
  });
}

export async function prepareNodeClient(): Promise<void> {
  const cwd = interopSource("node-client");
  const lock = readFileSync(path.join(cwd, "package-lock.json"), "utf8");
  await buildOnce(path.join(cwd, "node_modules", `.interop-${path.basename(cacheFolder("lock", lock))}`), async () => {
    await runProgram("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, limitMs: 5 * MINUTES });
  });
}
