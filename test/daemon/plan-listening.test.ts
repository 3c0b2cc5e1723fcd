import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seconds } from "../../src/base/millis.js";
import type { NetworkConfig } from "../../src/config/machine-config.js";
import { type ListenPlan, planListening } from "../../src/daemon/plan-listening.js";

const FILES = { tlsCertFile: "/c.pem", tlsKeyFile: "/k.pem" };

function plan(host: string, more: Partial<NetworkConfig> & { readonly auth?: boolean; readonly allowed?: boolean } = {}): ListenPlan {
  const { auth = false, allowed = false, ...network } = more;
  const rules = { isAuthRequired: auth, isUnauthenticatedAllowed: allowed };
  const base = { bindPort: 8080, isTlsOff: false, heartbeatWindow: seconds(2), tunnelEndpoints: [] };
  return planListening({ ...base, bindHost: host, ...network }, rules);
}

describe("on this host", () => {
  for (const host of ["localhost", "127.0.0.1", "127.3.2.1", "::1"]) {
    test(`${host} is listened on without keys and without TLS`, () => {
      assert.deepEqual(plan(host), { host, port: 8080, tls: "none" });
    });
  }

  test("keys bring TLS with a certificate of our own, unless there are files or TLS is off", () => {
    assert.equal(plan("localhost", { auth: true }).tls, "self-made");
    assert.equal(plan("localhost", { auth: true, ...FILES }).tls, "files");
    assert.equal(plan("localhost", { auth: true, ...FILES, isTlsOff: true }).tls, "none");
    assert.equal(plan("localhost", FILES).tls, "files");
  });
});

describe("beyond this host", () => {
  for (const host of ["", "0.0.0.0", "::", "192.168.1.4", "robot.local"]) {
    test(`"${host}" without keys is for this host alone, and it is said what to write`, () => {
      const { host: actual, port, problem = "" } = plan(host);
      assert.deepEqual([actual, port], ["localhost", 8080]);
      for (const advice of [
        "pinion auth key create",
        '"allow_unauthenticated": true',
        "PINION_ALLOW_UNAUTHENTICATED=1",
        `"${host}:8080"`,
      ]) {
        assert.ok(problem.includes(advice), advice);
      }
    });

    test(`"${host}" is listened on with keys, or when it is said that anybody may`, () => {
      assert.deepEqual(plan(host, { auth: true }), { host, port: 8080, tls: "self-made" });
      assert.deepEqual(plan(host, { allowed: true }), { host, port: 8080, tls: "none" });
      assert.deepEqual(plan(host, { allowed: true, ...FILES }), { host, port: 8080, tls: "files" });
    });
  }

  test("keys do not cross the network in the clear", () => {
    const { host, problem } = plan("0.0.0.0", { auth: true, isTlsOff: true });
    assert.equal(host, "localhost");
    assert.match(problem ?? "", /remove no_tls/);
  });
});
