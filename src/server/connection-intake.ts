/** A new connection: its first bytes are looked at, put back, and the connection goes to who speaks that protocol. */
import type { Socket } from "node:net";
import type { Clock } from "../base/clock.js";
import type { Caller } from "./caller.js";
import { SNIFF_TIMEOUT } from "./limits.js";
import { sniffProtocol } from "./sniff.js";

export interface IntakeOptions {
  readonly clock: Clock;
  readonly onHttp2: (socket: Socket, caller: Caller) => void;
  readonly onHttp1: (socket: Socket, caller: Caller) => void;
  /** Where TLS is spoken; absent: it is refused in a way that clients understand. */
  readonly onTls?: (socket: Socket) => void;
  /** Whether what comes without TLS is refused. */
  readonly isTlsOnly?: boolean;
}

/** What a TLS client must read to see at once that there is no TLS here: anything but a TLS record. */
const PLAINTEXT_ANSWER = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const TLS_ONLY_TEXT = "This port speaks TLS: use https, or dial without insecure.\n";
const TLS_ONLY_ANSWER = `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${TLS_ONLY_TEXT.length}\r\n\r\n${TLS_ONLY_TEXT}`;

export function takeIn(socket: Socket, caller: Caller, options: IntakeOptions): void {
  socket.setNoDelay(true);
  const held: Buffer[] = [];
  const timer = options.clock.after(SNIFF_TIMEOUT, () => socket.destroy(), { unref: true });
  // Until a protocol owns the connection, a client that hangs up is nobody's business.
  const hangUp = (): void => void socket.destroy();
  const stop = (): void => timer.cancel();
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null; // no encoding was set
    if (chunk === null) return;
    held.push(chunk);
    const head = held.length === 1 ? chunk : Buffer.concat(held);
    const protocol = sniffProtocol(head);
    if (protocol === undefined) return;
    stop();
    socket.off("readable", onReadable);
    socket.off("end", hangUp);
    socket.off("close", stop);
    // RFC 9113 section 3.4: not the preface of HTTP/2, and nothing else that is spoken here.
    if (protocol === "unknown") {
      socket.destroy();
      return;
    }
    socket.unshift(head);
    if (protocol === "tls" && options.onTls !== undefined) options.onTls(socket);
    else if (protocol === "tls") refuse(socket, PLAINTEXT_ANSWER);
    else if (options.isTlsOnly === true) refuse(socket, TLS_ONLY_ANSWER);
    else if (protocol === "http2") options.onHttp2(socket, caller);
    else options.onHttp1(socket, caller);
  };
  socket.on("error", hangUp);
  socket.once("end", hangUp);
  socket.once("close", stop);
  socket.on("readable", onReadable);
}

function refuse(socket: Socket, answer: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(answer);
  socket.resume();
}
