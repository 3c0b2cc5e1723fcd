/** Programs beside the machine under test: they play the world, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { TestContext } from "node:test";
import { HEADER_CHIP } from "../../board/board-rig.js";

const BOARD = path.join(import.meta.dirname, "../../board");

function start(t: Pick<TestContext, "after">, program: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [path.join(BOARD, `${program}.js`), HEADER_CHIP, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  const output = child.stdout;
  if (output === null) throw new Error("its output is not a pipe");
  const done = new AbortController();
  try {
    const [chunk] = await Promise.race([once(output, "data", done), once(child, "exit", done)]);
    return String(chunk).trim();
  } finally {
    done.abort();
  }
}

/** Each output's level appears on the input, where the kernel stamps its edges. */
export async function jumper(t: Pick<TestContext, "after">, cables: readonly (readonly [output: number, input: number])[]): Promise<void> {
  await said(start(t, "jumper-cables", ...cables.map(([output, input]) => `${output}:${input}`)));
}

/** Toggles the inputs in turn; resolves when all edges were made. */
export async function toggle(
  t: Pick<TestContext, "after">,
  offsets: readonly number[],
  { count, periodUs }: { readonly count: number; readonly periodUs: number },
): Promise<{ readonly made: number; readonly perSecond: number }> {
  const child = start(t, "toggle", String(periodUs), String(count), ...offsets.map(String));
  const [made = 0, us = 1] = (await said(child)).split(" ").map(Number);
  return { made, perSecond: (made / us) * 1e6 };
}

export class DriveTrain {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(
    t: Pick<TestContext, "after">,
    pins: { readonly motor: readonly [a: number, b: number, pwm: number]; readonly encoder: readonly [a: number, b: number] },
    ticksPerSecond: number,
  ): Promise<DriveTrain> {
    const child = start(t, "drive-train", pins.motor.join(":"), pins.encoder.join(":"), String(ticksPerSecond));
    await said(child);
    return new DriveTrain(child);
  }

  /** Edges of the encoder so far, forwards less backwards. */
  async where(): Promise<number> {
    const answer = said(this.#child);
    this.#child.stdin?.write("where\n");
    return Number(await answer);
  }

  block(): void {
    this.#child.stdin?.write("block\n");
  }

  free(): void {
    this.#child.stdin?.write("free\n");
  }
}
