/**
 * Makes a self-signed certificate (RFC 5280, ECDSA on P-256) for machines without one of an authority. The keys and the signature are Node's
 * own; here is only the encoding, which is less than what a library for it would bring along.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import net from "node:net";
import { bits, boolean, explicit, implicit, integer, objectId, octets, sequence, setOf, time, utf8 } from "./der.js";

export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = sequence(objectId("1.2.840.10045.4.3.2"));
// A board without a clock of its own may think it is any year; clients know the certificate by its fingerprint.
const NOT_BEFORE = new Date("2000-01-01T00:00:00Z");
const NOT_AFTER = new Date("2099-12-31T23:59:59Z");

/** `names`: host names and IP addresses under which the machine is reached; the first one is shown to people. */
export function makeSelfSigned(names: readonly string[]): PemPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicInfo = publicKey.export({ type: "spki", format: "der" });
  const subject = sequence(setOf(sequence(objectId("2.5.4.3"), utf8(names[0] ?? "pinion"))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and no shorter than it looks
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ECDSA_WITH_SHA256,
    subject,
    sequence(time(NOT_BEFORE), time(NOT_AFTER)),
    subject,
    publicInfo,
    explicit(3, sequence(...extensions(names, publicInfo))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, bits(signature));
  return { cert: toPem("CERTIFICATE", certificate), key: String(privateKey.export({ type: "pkcs8", format: "pem" })) };
}

function extensions(names: readonly string[], publicInfo: Buffer): Buffer[] {
  const keyId = createHash("sha1").update(publicInfo.subarray(-65)).digest(); // the point alone, RFC 5280 section 4.2.1.2
  return [
    // Not an authority: some clients refuse a server whose certificate is one.
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bits(Buffer.from([0x80]), 7)), // digitalSignature
    extension("2.5.29.37", false, sequence(objectId("1.3.6.1.5.5.7.3.1"))), // serverAuth
    extension("2.5.29.14", false, octets(keyId)),
    extension("2.5.29.35", false, sequence(implicit(0, keyId))),
    extension("2.5.29.17", false, sequence(...names.map(alternativeName))),
  ];
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function alternativeName(name: string): Buffer {
  const address = addressBytes(name);
  return address === undefined ? implicit(2, Buffer.from(name, "latin1")) : implicit(7, address);
}

function addressBytes(name: string): Buffer | undefined {
  if (net.isIPv4(name)) return Buffer.from(name.split(".").map(Number));
  if (!net.isIPv6(name)) return undefined;
  const [head = "", tail] = name.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
