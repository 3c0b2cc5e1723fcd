/** What gRPC-web changes about gRPC: the names of its content types, base64 for the text form, and trailers as the last frame of the body. */
import type { OutgoingHttpHeaders } from "node:http";
import { frameMessage } from "../../proto/grpc-message.js";

const BINARY = "application/grpc-web";
const TEXT = "application/grpc-web-text";
const TRAILER_FLAG = 0x80;

export interface GrpcWebFormat {
  /** Of the response. */
  readonly contentType: string;
  /** Of the same call in plain gRPC. */
  readonly grpcContentType: string;
  readonly isText: boolean;
}

/** Undefined when the content type is not one of gRPC-web. */
export function grpcWebFormat(contentType: string | undefined): GrpcWebFormat | undefined {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const base = [TEXT, BINARY].find((name) => type === name || type.startsWith(`${name}+`));
  if (base === undefined) return undefined;
  const codec = type.slice(base.length);
  return { contentType: `${base}${codec === "" ? "+proto" : codec}`, grpcContentType: `application/grpc${codec}`, isText: base === TEXT };
}

/** The last frame: names in lower case, a line each. */
export function trailerFrame(trailers: OutgoingHttpHeaders): Buffer {
  const lines = Object.entries(trailers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name.toLowerCase()}: ${String(one)}\r\n`),
  );
  return frameMessage(Buffer.from(lines.join(""), "latin1"), TRAILER_FLAG);
}

/** The text form may be several pieces, each with its own padding. */
export function decodeBase64(text: string): Buffer {
  const pieces = text.match(/[^=]+={0,2}/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

export function encodeBase64(bytes: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), "latin1");
}
