/** Serial devices of the virtual board: pseudo terminals that come and go. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { packageRoot } from "../../src/base/package-root.js";
import type { SerialPeer } from "../rig.js";

export class PtyPeer implements SerialPeer {
  readonly port: string;
  readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
  #child: ChildProcess | undefined;

  private constructor(port: string) {
    this.port = port;
  }

  /** `port`: where the link to it is made. */
  static async plug(port: string): Promise<PtyPeer> {
    const peer = new PtyPeer(port);
    await peer.replug();
    return peer;
  }

  async replug(): Promise<void> {
    const script = path.join(packageRoot(), "hardware-tests", "board", "pty-peer.py");
    const child = spawn("python3", [script, this.port], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.on("data", (bytes: Buffer) => {
      for (const listener of this.#listeners) listener(bytes);
    });
    child.stdin.on("error", () => undefined);
    this.#child = child;
    const [said] = await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
    if (String(said) !== "ready\n") throw new Error(`pty-peer.py could not make ${this.port}: ${String(said)}`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const input = this.#child?.stdin;
    if (input === null || input === undefined) throw new Error(`${this.port} is unplugged`);
    await new Promise<void>((resolve, reject) => input.write(bytes, (error) => (error == null ? resolve() : reject(error))));
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listeners.push(listener);
  }

  async unplug(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, "exit");
    child.stdin?.end();
    await ended;
  }
}
