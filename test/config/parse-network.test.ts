import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errors, parse, warnings } from "./support.js";

describe("bind_address", () => {
  const cases: readonly [text: string, host: string, port: number][] = [
    ["localhost:8080", "localhost", 8080],
    [":8080", "", 8080],
    ["0.0.0.0:1", "0.0.0.0", 1],
    ["[::1]:9000", "::1", 9000],
    ["[::]:9000", "::", 9000],
    ["robot.local:0", "robot.local", 0],
    ["", "localhost", 8080],
  ];
  for (const [text, host, port] of cases) {
    test(`"${text}" is understood`, () => {
      const parsed = parse({ network: { bind_address: text } });
      assert.deepEqual([parsed.config.network.bindHost, parsed.config.network.bindPort], [host, port]);
      assert.deepEqual(errors(parsed), []);
    });
  }

  for (const text of ["localhost", "localhost:", "localhost:http", "localhost:70000", "::1:8080", 8080]) {
    test(`${JSON.stringify(text)} is an error and the default stands in`, () => {
      const parsed = parse({ network: { bind_address: text, fqdn: "robot.local" } });
      assert.deepEqual(
        [parsed.config.network.bindHost, parsed.config.network.bindPort, parsed.config.network.fqdn],
        ["localhost", 8080, "robot.local"],
      );
      assert.equal(errors(parsed).length, 1);
      assert.ok(errors(parsed)[0]?.startsWith("network.bind_address: expected "));
      assert.deepEqual([...parsed.defaulted], ["network.bindHost", "network.bindPort"]);
    });
  }

  test("on every interface without authentication is warned about", () => {
    assert.match(warnings(parse({ network: { bind_address: ":8080" } }))[0] ?? "", /without authentication/);
    const auth = { handlers: [{ type: "api-key", config: { keys: ["a"], a: "b" } }] };
    assert.deepEqual(parse({ network: { bind_address: ":8080" }, auth }).problems, []);
  });
});

describe("other network keys", () => {
  test("are kept", () => {
    const network = {
      fqdn: "robot.local",
      tls_cert_file: "/c.pem",
      tls_key_file: "/k.pem",
      no_tls: true,
      sessions: { heartbeat_window: "500ms" },
      traffic_tunnel_endpoints: [{ port: 22, connection_timeout: "3s" }, { port: 80 }, { port: 81, connection_timeout: 2_000_000_000 }],
    };
    const parsed = parse({ network });
    assert.deepEqual(parsed.problems, []);
    assert.deepEqual(parsed.config.network, {
      bindHost: "localhost",
      bindPort: 8080,
      fqdn: "robot.local",
      tlsCertFile: "/c.pem",
      tlsKeyFile: "/k.pem",
      isTlsOff: true,
      heartbeatWindow: 500,
      tunnelEndpoints: [
        { port: 22, connectionTimeout: 3000 },
        { port: 80, connectionTimeout: 10_000 },
        { port: 81, connectionTimeout: 2000 },
      ],
    });
  });

  const wrong: readonly [network: Record<string, unknown>, path: string, defaulted: readonly string[]][] = [
    [{ tls_cert_file: "/c.pem" }, "network.tls_cert_file", ["network.tlsCertFile", "network.tlsKeyFile"]],
    [{ tls_key_file: "/k.pem" }, "network.tls_key_file", ["network.tlsCertFile", "network.tlsKeyFile"]],
    [{ no_tls: "no" }, "network.no_tls", ["network.isTlsOff"]],
    [{ sessions: { heartbeat_window: "10ms" } }, "network.sessions", ["network.heartbeatWindow"]],
    [{ sessions: { heartbeat_window: "2m" } }, "network.sessions", ["network.heartbeatWindow"]],
    [{ sessions: { heartbeat_window: 5 } }, "network.sessions.heartbeat_window", ["network.heartbeatWindow"]],
    [{ traffic_tunnel_endpoints: {} }, "network.traffic_tunnel_endpoints", ["network.tunnelEndpoints"]],
    [{ fqdn: 1 }, "network.fqdn", ["network.fqdn"]],
  ];
  for (const [network, path, defaulted] of wrong) {
    test(`cost only themselves: ${JSON.stringify(network)}`, () => {
      const parsed = parse({ network: { ...network, bind_address: "localhost:9" } });
      assert.equal(parsed.config.network.bindPort, 9);
      assert.deepEqual(
        parsed.problems.map((problem) => problem.path),
        [path],
      );
      assert.deepEqual([...parsed.defaulted], defaulted);
    });
  }

  test("lose a bad tunnel only", () => {
    const parsed = parse({ network: { traffic_tunnel_endpoints: [{ port: 0 }, { port: 22 }, { port: 1.5 }, {}] } });
    assert.deepEqual(
      parsed.config.network.tunnelEndpoints.map((endpoint) => endpoint.port),
      [22],
    );
    assert.equal(errors(parsed).length, 3);
  });

  test("warn of a misspelled key", () => {
    assert.deepEqual(warnings(parse({ network: { bind_adress: "x:1" } })), [
      'network.bind_adress: unknown key, ignored; did you mean "bind_address"?',
    ]);
  });
});

describe("auth", () => {
  test("gives the keys, sorted by id", () => {
    const parsed = parse({ auth: { handlers: [{ type: "api-key", config: { keys: ["b", "a"], a: "1", b: "2", key: "x" } }] } });
    assert.deepEqual(parsed.config.apiKeys, [
      { id: "a", key: "1" },
      { id: "b", key: "2" },
    ]);
    assert.equal(parsed.config.isAuthRequired, true);
    assert.deepEqual(parsed.problems, []);
  });

  test("without handlers asks for nothing", () => {
    for (const auth of [{}, { handlers: [] }]) assert.equal(parse({ auth }).config.isAuthRequired, undefined);
  });

  test("keeps key ids as they are written", () => {
    const parsed = parse({ auth: { handlers: [{ type: "api-key", config: { Keys: ["AbC"], AbC: "1" } }] } });
    assert.deepEqual(parsed.config.apiKeys, [{ id: "AbC", key: "1" }]);
  });

  const wrong: readonly [handlers: unknown, path: string][] = [
    ["x", "auth.handlers"],
    [[{ type: "external" }], "auth.handlers[0].type"],
    [[{ config: {} }], "auth.handlers[0]"],
    [[{ type: "api-key" }], "auth.handlers[0].config"],
    [[{ type: "api-key", config: { keys: [] } }], "auth.handlers[0].config.keys"],
    [[{ type: "api-key", config: { keys: ["a", "b"], a: "1" } }], "auth.handlers[0].config.keys[1]"],
    [
      [
        { type: "api-key", config: { keys: ["a"], a: "1" } },
        { type: "api-key", config: { keys: ["b"], b: "2" } },
      ],
      "auth.handlers[1]",
    ],
  ];
  for (const [handlers, path] of wrong) {
    test(`that is wrong still lets nobody in without a key: ${JSON.stringify(handlers).slice(0, 60)}`, () => {
      const parsed = parse({ auth: { handlers } });
      assert.deepEqual(
        parsed.problems.map((problem) => problem.path),
        [path],
      );
      assert.equal(parsed.config.isAuthRequired, true);
      assert.ok(parsed.defaulted.has("auth"));
    });
  }

  test("never shows a key in a message", () => {
    const parsed = parse({ auth: { handlers: [{ type: "api-key", config: { keys: ["a"], a: ["hunter2"], b: { c: "hunter2" } } }] } });
    assert.ok(!JSON.stringify(parsed.problems).includes("hunter2"));
    assert.equal(errors(parsed).length, 2);
  });
});
