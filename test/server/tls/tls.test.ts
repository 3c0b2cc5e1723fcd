/** TLS on the public port: node:tls, openssl and real clients against a real server. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import test, { type TestContext } from "node:test";
import tls from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import { isPinionError } from "../../../src/base/errors.js";
import { silentLogger } from "../../../src/base/logger.js";
import { CertificateFiles, namesOfHost } from "../../../src/server/tls/certificate.js";
import { makeSelfSigned } from "../../../src/server/tls/self-signed.js";
import { listLogger } from "../../support/list-logger.js";
import { tempFolder } from "../../support/temp-folder.js";
import { answerOf, named } from "../support/raw-client.js";
import { echo } from "../support/raw-module.js";
import { ECHO_SERVICE, startServer, type TestServer } from "../support/start-server.js";

const ECHO = `/${ECHO_SERVICE}/Echo`;
const identity = (bytes: Buffer): Buffer => bytes;

async function startTls(
  t: TestContext,
): Promise<TestServer & { readonly ca: Buffer; readonly fingerprint: string; readonly store: string }> {
  const server = await startServer(t);
  await server.module("echo", { Echo: echo });
  const store = path.join(server.folder, "tls");
  const names = ["robot.test", "localhost", "127.0.0.1", "::1"];
  const fingerprint = (await server.server.setTls({ kind: "self-made", folder: store, names })) ?? "";
  return Object.assign(server, { fingerprint, store, ca: readFileSync(path.join(store, "cert.pem")) });
}

function grpc(t: TestContext, port: number, ca: Buffer): Client {
  const channel = new Client(`localhost:${port}`, credentials.createSsl(ca), { "grpc.use_local_subchannel_pool": 1 });
  t.after(() => channel.close());
  return channel;
}

function handshake(t: TestContext, port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    t.after(() => socket.destroy());
    socket.on("error", reject);
    socket.on("secureConnect", () => resolve(socket));
  });
}

test("a certificate of our own is made once, for the names of the host, and kept private", async (t) => {
  const { store, fingerprint, ca } = await startTls(t);
  const certificate = new X509Certificate(ca);
  assert.equal(certificate.fingerprint256, fingerprint);
  assert.equal(certificate.checkHost("robot.test"), "robot.test");
  assert.equal(certificate.checkIP("127.0.0.1"), "127.0.0.1");
  assert.ok(certificate.checkIP("::1") !== undefined);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.ca, false);
  assert.equal(statSync(path.join(store, "key.pem")).mode & 0o777, 0o600);
  const again = new CertificateFiles({ kind: "self-made", folder: store, names: ["other"] }, silentLogger);
  assert.equal(again.current().fingerprint, fingerprint);
});

test("the names of this host are names a certificate can hold", () => {
  const names = namesOfHost("robot.example");
  assert.equal(names[0], "robot.example");
  assert.ok(names.includes("localhost"));
  assert.equal(new X509Certificate(makeSelfSigned(names).cert).checkHost("robot.example"), "robot.example");
});

test("gRPC, HTTP/2 and HTTP/1.1 are served over TLS, by the protocol that was negotiated", async (t) => {
  const { port, ca } = await startTls(t);
  const call = grpc(t, port, ca).makeBidiStreamRequest(ECHO, identity, identity);
  call.write(named("echo"));
  call.end();
  const { status, messages } = await answerOf(call);
  assert.deepEqual([status.code, messages], [0, [named("echo")]]);

  const text = await new Promise<string>((resolve, reject) => {
    https
      .get({ host: "localhost", port, ca, path: "/" }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      })
      .on("error", reject);
  });
  assert.match(text, /is running/);

  const session = http2.connect(`https://localhost:${port}`, { ca });
  t.after(() => session.destroy());
  const stream = session.request({ ":path": "/restart_status" });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  assert.match(Buffer.concat(chunks).toString(), /restart_allowed/);

  assert.equal((await handshake(t, port, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol, "h2");
  assert.equal((await handshake(t, port, { ALPNProtocols: ["http/1.1"] })).alpnProtocol, "http/1.1");
});

test("nothing older than TLS 1.2 is spoken", async (t) => {
  const { port } = await startTls(t);
  assert.equal((await handshake(t, port, { maxVersion: "TLSv1.2" })).getProtocol(), "TLSv1.2");
  assert.equal((await handshake(t, port)).getProtocol(), "TLSv1.3");
  await assert.rejects(handshake(t, port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }));
});

test("on this host plaintext goes on beside TLS", async (t) => {
  const { port } = await startTls(t);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});

test("a new certificate shows from the next connection on; calls go on over the old one", async (t) => {
  const server = await startServer(t);
  await server.module("echo", { Echo: echo });
  const certFile = path.join(server.folder, "cert.pem");
  const keyFile = path.join(server.folder, "key.pem");
  const write = ({ cert, key }: { cert: string; key: string }): void => {
    for (const [file, text] of [
      [keyFile, key],
      [certFile, cert],
    ] as const) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
  };
  const first = makeSelfSigned(["localhost"]);
  write(first);
  const firstPrint = await server.server.setTls({ kind: "files", certFile, keyFile });
  const call = grpc(t, server.port, Buffer.from(first.cert)).makeBidiStreamRequest(ECHO, identity, identity);
  call.write(named("echo"));
  await new Promise((resolve) => call.once("data", resolve));

  const second = makeSelfSigned(["localhost"]);
  write(second);
  const shown = (await handshake(t, server.port)).getPeerX509Certificate()?.fingerprint256;
  assert.equal(shown, new X509Certificate(second.cert).fingerprint256);
  assert.notEqual(shown, firstPrint);
  call.write(named("echo"));
  call.end();
  assert.equal((await answerOf(call)).status.code, 0);
});

test("files that do not fit together leave the last good pair in place", (t) => {
  const folder = tempFolder(t);
  const certFile = path.join(folder, "c.pem");
  const keyFile = path.join(folder, "k.pem");
  const good = makeSelfSigned(["a"]);
  writeFileSync(certFile, good.cert);
  writeFileSync(keyFile, good.key);
  const logger = listLogger();
  const certificate = new CertificateFiles({ kind: "files", certFile, keyFile }, logger);
  const { fingerprint } = certificate.current();
  writeFileSync(certFile, makeSelfSigned(["b"]).cert);
  assert.equal(certificate.current().fingerprint, fingerprint);
  writeFileSync(certFile, "garbage");
  assert.equal(certificate.current().fingerprint, fingerprint);
  writeFileSync(certFile, good.cert);
  assert.equal(certificate.current().fingerprint, fingerprint);
});

test("files that were never good are an error that names them", async (t) => {
  const folder = tempFolder(t);
  const certFile = path.join(folder, "c.pem");
  const keyFile = path.join(folder, "k.pem");
  const server = await startServer(t);
  const set = (): Promise<unknown> => server.server.setTls({ kind: "files", certFile, keyFile });
  const isAbout =
    (text: string) =>
    (error: unknown): boolean =>
      isPinionError(error, "CONFIG_INVALID") && error.message.includes(text);
  await assert.rejects(set(), isAbout(`network.tls_cert_file: cannot read ${certFile}`));
  writeFileSync(certFile, makeSelfSigned(["a"]).cert);
  await assert.rejects(set(), isAbout("network.tls_key_file"));
  writeFileSync(keyFile, "no key");
  await assert.rejects(set(), isAbout(`${keyFile}: expected a private key`));
  writeFileSync(keyFile, makeSelfSigned(["a"]).key);
  await assert.rejects(set(), isAbout("is not the key of the certificate"));
  assert.ok(existsSync(keyFile));
});

test("a client that breaks off the handshake, or says nothing after it, harms nobody", async (t) => {
  const { port } = await startTls(t);
  for (let count = 0; count < 20; count += 1) {
    const socket = net.connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(Buffer.from([0x16, 3, 1, 0, 200, 1]));
    socket.destroy();
    (await handshake(t, port)).destroy();
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});
