/** The official Python client, as a program that does what it is told. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import path from "node:path";
import readline from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import { packageRoot } from "../../../src/base/package-root.js";
import { pythonProgram } from "../../../test/interop/support/toolchains.js";

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Starting Python and connecting takes seconds on the virtual board. */
const START_LIMIT = 40_000;
const CALL_LIMIT = 40_000;

export class OfficialClient {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #errors = "";

  private constructor(address: string) {
    const script = path.join(packageRoot(), "hardware-tests", "machine", "client.py");
    this.#child = spawn(pythonProgram(), ["-u", script, address], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.#child.stdin.on("error", () => undefined);
    readline.createInterface({ input: this.#child.stdout }).on("line", (line) => this.#settle(line));
    this.#child.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the client ended:\n${this.#errors}`));
    });
  }

  /** Connected to the machine when it resolves. */
  static async connect(t: Pick<TestContext, "after">, address: string): Promise<OfficialClient> {
    const client = new OfficialClient(address);
    t.after(() => client.close());
    await client.#expect(0, "to be connected", START_LIMIT);
    return client;
  }

  /** A verb of client.py. Rejects with the text of the client's own exception. */
  async call<T = unknown>(verb: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.#last;
    const reply = this.#expect(id, `an answer to ${verb}`, CALL_LIMIT);
    this.#child.stdin.write(`${JSON.stringify({ id, verb, args })}\n`);
    return (await reply) as T;
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }

  #expect(id: number, what: string, limit: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`expected ${what} within ${limit / 1000} s:\n${this.#errors}`)), limit);
      this.#waiting.set(id, {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  #settle(line: string): void {
    if (!line.startsWith("{")) return;
    const { id, result, error } = JSON.parse(line) as Reply;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }
}
