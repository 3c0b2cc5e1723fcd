/** Runs the fuzzer against connections in both roles, without a network. */

import { Duplex } from "node:stream";
import { systemClock } from "../../../src/base/clock.js";
import { Connection } from "../../../src/http2/connection.js";
import { ConnectionError } from "../../../src/http2/error-codes.js";
import { headerField } from "../../../src/http2/header-field.js";
import { singleList } from "../../../src/http2/header-list.js";
import type { Stream } from "../../../src/http2/stream.js";
import { mutatedFrame, type Random, seeded } from "./fuzzer.js";
import * as raw from "./raw-frames.js";

export interface FuzzReport {
  /** Those that came before their connection was given up for one of them. */
  readonly frames: number;
  readonly connections: number;
  /** Errors that are none of the protocol: each is a mistake of ours. */
  readonly mistakes: readonly string[];
  readonly openStreams: number;
}

/** A socket without a network: what is written is counted and forgotten. */
class DeadEnd extends Duplex {
  written = 0;
  override _read(): void {
    // Bytes are pushed from outside.
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.length;
    done();
  }
}

/** Feeds `count` mutated frames to connections in both roles, a few dozen to each. */
export async function fuzzConnections(count: number, seed: number): Promise<FuzzReport> {
  const random = seeded(seed);
  const mistakes: string[] = [];
  let connections = 0;
  let openStreams = 0;
  let frames = 0;
  while (frames < count) {
    const role = random(2) === 0 ? "server" : "client";
    connections += 1;
    frames += await oneConnection(
      role,
      random,
      (error) => mistakes.push(`seed ${seed}, connection ${connections}, ${role}: ${error.stack ?? error.message}`),
      (left) => {
        openStreams += left;
      },
    );
  }
  return { frames, connections, mistakes, openStreams };
}

async function oneConnection(
  role: "server" | "client",
  random: Random,
  onMistake: (error: Error) => void,
  onEnd: (open: number) => void,
): Promise<number> {
  const socket = new DeadEnd();
  const open = new Set<Stream<object>>();
  const fields = [headerField(":status", "200"), headerField("content-type", "application/grpc")];
  let isClosed = false;
  const connection: Connection<object> = new Connection<object>({
    socket,
    role,
    clock: systemClock,
    events: {
      onHeaders: (stream, _fields, isEnd) => {
        if (role === "server" && stream.owner === undefined) {
          stream.owner = {};
          open.add(stream);
          connection.sendHeaders(stream, singleList(fields), false);
        }
        if (isEnd && role === "server") connection.sendHeaders(stream, singleList(fields.slice(1)), true);
        forget(stream);
      },
      onData: (stream, data, isEnd) => {
        connection.consume(stream, data.length);
        if (role === "server" && connection.sendData(stream, data, isEnd) < 0) connection.reset(stream, 11);
        forget(stream);
      },
      onReset: (stream) => open.delete(stream),
      onSent: (stream) => forget(stream),
      onCapacity: () => undefined,
      onGoaway: () => undefined,
      onClose: (error) => {
        isClosed = true;
        if (error !== undefined && !(error instanceof ConnectionError)) onMistake(error);
      },
    },
  });
  const forget = (stream: Stream<object>): void => {
    if (stream.isClosed) open.delete(stream);
  };
  let nextId = 1;
  if (role === "client") {
    for (; nextId < 20; nextId += 2) open.add(connection.request(singleList(fields), random(2) === 0, {}));
  }
  const frames: Buffer[] = [...(role === "server" ? [raw.PREFACE] : []), raw.settings()];
  const count = 20 + random(60);
  for (let index = 0; index < count; index += 1) {
    const isNew = role === "server" && random(2) === 0;
    if (isNew) nextId += 2;
    frames.push(mutatedFrame(random, isNew ? nextId : 1 + 2 * random(Math.max(1, (nextId + 1) / 2)), role === "client"));
  }
  // A frame at a time, or in pieces; what is behind the one that ends the connection is not counted.
  let delivered = 0;
  for (const whole of frames) {
    if (isClosed) break;
    for (let bytes = whole; bytes.length > 0 && !isClosed; ) {
      const cut = random(3) === 0 ? 1 + random(40) : bytes.length;
      socket.push(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut);
      if (random(8) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    delivered += 1;
    if (random(4) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  connection.close();
  if (connection.budget.used !== 0) onMistake(new Error(`${connection.budget.used} bytes are still counted as waiting`));
  if (connection.size !== 0) onMistake(new Error(`${connection.size} streams are still there`));
  for (const stream of open) if (stream.isClosed) open.delete(stream);
  onEnd(open.size);
  socket.destroy();
  return delivered;
}
