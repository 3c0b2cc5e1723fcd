/** One end of a connection that sends exactly the bytes it is told to and remembers the frames it gets. */
import net, { type Socket } from "node:net";
import type { TestContext } from "node:test";
import { eventually } from "../../support/eventually.js";
import { GOAWAY, PING, PREFACE, ping, type RawFrame, RST_STREAM } from "./raw-frames.js";

export class RawPeer {
  readonly socket: Socket;
  readonly frames: RawFrame[] = [];
  isClosed = false;
  received = 0;
  #rest: Buffer = Buffer.alloc(0);
  #toSkip: number;
  #onFrame: (frame: RawFrame) => void = () => undefined;

  /** `skip`: bytes before the first frame. */
  constructor(socket: Socket, skip = 0) {
    this.socket = socket;
    this.#toSkip = skip;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  send(...bytes: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  /** Also called for what has come already. */
  onFrame(action: (frame: RawFrame) => void): void {
    for (const frame of this.frames) action(frame);
    this.#onFrame = action;
  }

  find(type: number, id?: number): RawFrame | undefined {
    return this.frames.find((frame) => frame.type === type && (id === undefined || frame.id === id));
  }

  async next(what: string, probe: (frame: RawFrame) => boolean): Promise<RawFrame> {
    return eventually(what, () => this.frames.find(probe));
  }

  async closed(): Promise<void> {
    await eventually("the connection is closed", () => this.isClosed);
  }

  /** The code of the GOAWAY that ended the connection. */
  async goawayCode(): Promise<number> {
    await this.closed();
    return (
      this.frames
        .filter(({ type }) => type === GOAWAY)
        .at(-1)
        ?.payload.readUInt32BE(4) ?? -1
    );
  }

  async resetCode(id: number): Promise<number> {
    const found = await eventually(`stream ${id} is reset, or all is over`, () => this.isClosed || this.find(RST_STREAM, id));
    return found === true ? -1 : found.payload.readUInt32BE(0);
  }

  /** Everything sent before was read. */
  async isAlive(mark = "still up"): Promise<void> {
    this.send(ping(mark));
    await eventually("the ping is answered", () => {
      if (this.isClosed)
        throw new Error(
          `closed: ${JSON.stringify(this.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.toString("latin1")))}`,
        );
      return this.frames.some(({ type, flags, payload }) => type === PING && flags === 1 && payload.toString() === mark);
    });
  }

  #read(chunk: Buffer): void {
    this.received += chunk.length;
    let bytes = Buffer.concat([this.#rest, chunk]);
    const skipped = Math.min(this.#toSkip, bytes.length);
    this.#toSkip -= skipped;
    bytes = bytes.subarray(skipped);
    while (bytes.length >= 9) {
      const end = 9 + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      const frame = { type: bytes[3] ?? 0, flags: bytes[4] ?? 0, id: bytes.readUInt32BE(5), payload: Buffer.from(bytes.subarray(9, end)) };
      this.frames.push(frame);
      this.#onFrame(frame);
      bytes = bytes.subarray(end);
    }
    this.#rest = Buffer.from(bytes);
  }
}

/** A client that has said nothing yet. */
export async function rawClientPeer(t: TestContext, port: number): Promise<RawPeer> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  t.after(() => socket.destroy());
  const peer = new RawPeer(socket);
  await new Promise((resolve) => socket.once("connect", resolve));
  return peer;
}

/** A module on a unix socket: `onConnection` speaks for it. */
export async function rawModulePeer(t: TestContext, address: string, onConnection: (peer: RawPeer) => void): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  const server = net.createServer((socket) => {
    const peer = new RawPeer(socket, PREFACE.length);
    peers.push(peer);
    t.after(() => socket.destroy());
    onConnection(peer);
  });
  await new Promise<void>((resolve) => server.listen(address, resolve));
  t.after(() => server.close());
  return peers;
}
