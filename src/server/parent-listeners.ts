/** Where modules reach the machine: each has a listener of its own, so that who calls is known by where the call came in. */
import type { Socket } from "node:net";
import path from "node:path";
import type { Caller } from "./caller.js";
import { type Listener, listenTcp, listenUnix, MAX_SOCKET_PATH } from "./listener.js";

/** Where one module reaches the machine. Absent: not listened on. */
export interface ParentAddress {
  readonly unix?: string;
  readonly tcp?: string;
}

interface Parent {
  readonly unix?: Listener;
  tcp?: Listener;
}

export class ParentListeners {
  readonly #folder: string;
  readonly #onConnection: (socket: Socket, caller: Caller) => void;
  readonly #parents = new Map<string, Promise<Parent>>();
  #count = 0;

  /** `folder`: an existing one that only we may enter. */
  constructor(folder: string, onConnection: (socket: Socket, caller: Caller) => void) {
    this.#folder = folder;
    this.#onConnection = onConnection;
  }

  /** TCP where it is asked for or the path would be too long. Opening twice gives the same addresses. */
  async open(module: string, isTcp: boolean): Promise<ParentAddress> {
    let parent = this.#parents.get(module);
    if (parent === undefined) {
      parent = this.#listen(module);
      this.#parents.set(module, parent);
      parent.catch(() => this.#parents.delete(module)); // the caller gets the error; the next call tries again
    }
    const opened = await parent;
    if (isTcp) opened.tcp ??= await this.#listenTcp(module);
    return {
      ...(opened.unix === undefined ? {} : { unix: opened.unix.address }),
      ...(opened.tcp === undefined ? {} : { tcp: opened.tcp.address }),
    };
  }

  async close(module: string): Promise<void> {
    const parent = this.#parents.get(module);
    this.#parents.delete(module);
    await closeParent(parent);
  }

  async closeAll(): Promise<void> {
    const parents = [...this.#parents.values()];
    this.#parents.clear();
    await Promise.all(parents.map(closeParent));
  }

  async #listen(module: string): Promise<Parent> {
    this.#count += 1;
    const socketPath = path.join(this.#folder, `parent-${this.#count}.sock`);
    if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) return { tcp: await this.#listenTcp(module) };
    return { unix: await listenUnix(socketPath, (socket) => this.#onConnection(socket, { kind: "module", module })) };
  }

  #listenTcp(module: string): Promise<Listener> {
    return listenTcp("127.0.0.1", 0, (socket) => this.#onConnection(socket, { kind: "module", module }));
  }
}

async function closeParent(opening: Promise<Parent> | undefined): Promise<void> {
  try {
    const parent = await opening;
    await Promise.all([parent?.unix?.close(), parent?.tcp?.close()]);
  } catch {} // it never opened, and whoever asked for it was told
}
