/** The frame-level router between a raw client and a raw module. */
import net from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../../src/base/clock.js";
import { silentLogger } from "../../../src/base/logger.js";
import { millis } from "../../../src/base/millis.js";
import { FrameBackend } from "../../../src/server/frame-level/frame-backend.js";
import type { CallRouter, NamePlace, RouterBackend } from "../../../src/server/router-backend.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { tempFolder } from "../../support/temp-folder.js";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  MESSAGE,
  PREFACE,
  RESPONSE,
  SETTINGS,
  SETTINGS_ACK,
  settings,
  TRAILERS,
  windowUpdate,
} from "./raw-frames.js";
import { type RawPeer, rawClientPeer, rawModulePeer } from "./raw-peer.js";

export interface Legs {
  readonly backend: RouterBackend;
  readonly port: number;
  readonly address: string;
  /** Connections to the module, as the module sees them. */
  readonly modules: readonly RawPeer[];
  /** Calls that began and did not end. */
  readonly open: () => number;
  /** A client that has sent its preface and SETTINGS. */
  client(): Promise<RawPeer>;
  /** One that has sent nothing. */
  mute(): Promise<RawPeer>;
}

export interface LegOptions {
  readonly module?: (peer: RawPeer) => void;
  readonly namePlace?: NamePlace;
  readonly timeoutMs?: number;
  /** Where a module of another make listens, in place of `module`. */
  readonly address?: string;
  /** Time that stands still until the test moves it. */
  readonly clock?: FakeClock;
}

export async function startLegs(t: TestContext, options: LegOptions = {}): Promise<Legs> {
  const { module = answering, namePlace = "none", timeoutMs } = options;
  const address = options.address ?? path.join(tempFolder(t), "m.sock");
  const modules = options.address === undefined ? await rawModulePeer(t, address, module) : [];
  let open = 0;
  const router: CallRouter = {
    begin: () => {
      open += 1;
      return {
        kind: "call",
        namePlace,
        isOneRequest: false,
        isBackground: false,
        timeout: timeoutMs === undefined ? undefined : millis(timeoutMs),
        operationId: "the-id",
        bind: () => ({ kind: "target", upstream: { key: "m", what: 'module "raw"', address } }),
        end: () => {
          open -= 1;
        },
      };
    },
  };
  const backend = new FrameBackend({ clock: options.clock ?? systemClock, logger: silentLogger, router, greeting: "hello\n" });
  const server = net.createServer({ noDelay: true }, (socket) => backend.accept(socket, { kind: "public" }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    server.close();
    await Promise.all([backend.close(millis(0)), options.clock?.advance(1)]);
  });
  const { port } = server.address() as net.AddressInfo; // a TCP server has no other kind of address
  return {
    backend,
    port,
    address,
    modules,
    open: () => open,
    mute: () => rawClientPeer(t, port),
    client: async () => {
      const peer = await rawClientPeer(t, port);
      // No table: what comes back can be read as it stands.
      peer.send(PREFACE, settings([1, 0]));
      await peer.next("the server's SETTINGS", ({ type }) => type === SETTINGS);
      peer.send(SETTINGS_ACK);
      return peer;
    },
  };
}

/** Says hello and acknowledges settings. */
export function greet(peer: RawPeer, ...pairs: readonly (readonly [number, number])[]): void {
  peer.send(settings([1, 0], ...pairs));
  peer.onFrame(({ type, flags }) => {
    if (type === SETTINGS && flags === 0) peer.send(SETTINGS_ACK);
  });
}

/** A module that answers every call with one message when the request has ended. */
export function answering(peer: RawPeer): void {
  peer.send(settings(), windowUpdate(0, 0x7fff0000 - 65_535));
  peer.onFrame(({ type, flags, id }) => {
    if (type === SETTINGS && flags === 0) peer.send(SETTINGS_ACK);
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) peer.send(answer(id));
  });
}

export function answer(id: number): Buffer {
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, id, RESPONSE),
    frame(DATA, 0, id, MESSAGE),
    frame(HEADERS, END_HEADERS | END_STREAM, id, TRAILERS),
  ]);
}
