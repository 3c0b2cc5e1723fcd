/** A machine on a network, from no key to the first and back: where it can be reached, and by whom. */
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import { freePort } from "../support/free-port.js";
import { runCli } from "../support/run-cli.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";

/** An address of this machine that is not loopback. */
const address = Object.values(os.networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

async function get(host: string, port: number): Promise<number | string> {
  return fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(5000) }).then(
    (response) => response.status,
    () => "refused",
  );
}

async function auth(
  daemon: Daemon,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
  return runCli(["auth", ...args, "--home", daemon.home]);
}

test("without keys only this host is served, and status says what to write", { skip: address === undefined }, async (t) => {
  const port = await freePort();
  const daemon = await startDaemon(t, { port, config: { network: { bind_address: `0.0.0.0:${port}` } } });
  assert.deepEqual([await get("localhost", port), await get(address ?? "", port)], [200, "refused"]);
  const { network } = await daemon.report();
  assert.match(network?.problem ?? "", /only this host can connect: make a key with `pinion auth key create`/);
  assert.match(daemon.logs(), /only this host can connect/);
  assert.match((await runCli(["status", "--home", daemon.home])).out, /pinion auth key create/);

  daemon.writeConfig({ network: { bind_address: `0.0.0.0:${port}`, allow_unauthenticated: true } });
  await runCli(["reload", "--home", daemon.home]);
  for (let tries = 0; tries < 50 && (await get(address ?? "", port)) !== 200; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([await get("localhost", port), await get(address ?? "", port)], [200, 200]);
  assert.equal(await daemon.stop(), 0);
});

test("the environment may say that anybody may connect", { skip: address === undefined }, async (t) => {
  const port = await freePort();
  const config = { network: { bind_address: `0.0.0.0:${port}` } };
  const daemon = await startDaemon(t, { port, config, env: { PINION_ALLOW_UNAUTHENTICATED: "1" } });
  assert.equal(await get(address ?? "", port), 200);
  assert.equal(await daemon.stop(), 0);
});

test("the first key closes the machine, a restart does not open it, and the last one opens it only when told to", async (t) => {
  const daemon = await startDaemon(t, { config: {} });
  assert.match((await auth(daemon, "key", "list")).out, /no keys/);
  const { id, secret, network } = JSON.parse((await auth(daemon, "key", "create", "--name", "laptop", "--json")).out) as Record<
    string,
    string
  >;
  assert.match(id ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.ok((secret ?? "").length >= 43);
  assert.ok(network);
  await assert.rejects(daemon.status(), /authentication required/);
  assert.match((await auth(daemon, "key", "list")).out, /laptop/);
  const { network: shown } = await daemon.report();
  assert.deepEqual([shown?.authRequired, shown?.tls], [true, "self-made"]);
  assert.match(shown?.tlsFingerprint ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  await daemon.kill();

  const again = await startDaemon(t, { config: {}, home: daemon.home, isAwaited: false });
  await assert.rejects(async () => {
    for (;;)
      await again.status().catch((error: Error) => (/authentication required/.test(error.message) ? Promise.reject(error) : undefined));
  }, /authentication required/);
  assert.equal((await again.report()).network?.tlsFingerprint, shown?.tlsFingerprint);
  const refused = await auth(again, "key", "revoke", id ?? "");
  assert.equal(refused.exitCode, 1);
  assert.match(refused.err, /is the last key.*--open/);
  const revoked = await auth(again, "key", "revoke", id ?? "", "--open");
  assert.equal(revoked.exitCode, 0, revoked.err);
  await again.status();
  assert.equal((await again.report()).network?.authRequired, false);
  assert.equal(await again.stop(), 0);
});

test("a database that was lost leaves the machine closed", async (t) => {
  const { rmSync } = await import("node:fs");
  const daemon = await startDaemon(t, { config: {} });
  await auth(daemon, "key", "create");
  await daemon.kill();
  for (const name of ["pinion.db", "pinion.db-wal", "pinion.db-shm"]) rmSync(path.join(daemon.home, name), { force: true });
  const again = await startDaemon(t, { config: {}, home: daemon.home, isAwaited: false });
  let message = "";
  for (let tries = 0; tries < 100 && !message.includes("authentication required"); tries += 1) {
    message = await again.status().then(
      () => "open",
      (error: Error) => error.message,
    );
    assert.notEqual(message, "open");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.match(message, /authentication required/);
  assert.equal(await again.stop(), 0);
});
