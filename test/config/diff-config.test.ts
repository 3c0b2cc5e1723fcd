import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { carryOver } from "../../src/config/carry-over.js";
import { diffConfig } from "../../src/config/diff-config.js";
import type { MachineConfig } from "../../src/config/machine-config.js";
import { parse } from "./support.js";

const SENSOR = { name: "s", api: "rdk:component:sensor", model: "acme:demo:thermo", attributes: { pin: 1 } };
const MODULE = { name: "m", type: "local", executable_path: "/m" };
const NAME = "rdk:component:sensor/s";

const configOf = (config: Record<string, unknown>): MachineConfig => parse(config).config;

describe("diffConfig", () => {
  const resourceEdits: readonly Record<string, unknown>[] = [
    { attributes: { pin: 2 } },
    { attributes: { pin: 1, more: null } },
    { model: "acme:demo:other" },
    { depends_on: ["x"] },
    { frame: { parent: "world" } },
    { log_configuration: { level: "debug" } },
  ];
  for (const edit of resourceEdits) {
    test(`sees a resource changed by ${JSON.stringify(edit)}`, () => {
      const diff = diffConfig(configOf({ components: [SENSOR] }), configOf({ components: [{ ...SENSOR, ...edit }] }));
      assert.deepEqual(diff.resources, { added: [], changed: [NAME], removed: [], unchangedCount: 0 });
      assert.equal(diff.log, "log_configuration" in edit);
    });
  }

  const moduleEdits: readonly Record<string, unknown>[] = [
    { executable_path: "/other" },
    { env: { A: "1" } },
    { log_level: "debug" },
    { tcp_mode: true },
    { first_run_timeout: "1s" },
    { module_id: "a:b" },
    { type: "registry" },
  ];
  for (const edit of moduleEdits) {
    test(`sees a module changed by ${JSON.stringify(edit)}`, () => {
      const diff = diffConfig(configOf({ modules: [MODULE] }), configOf({ modules: [{ ...MODULE, ...edit }] }));
      assert.deepEqual(diff.modules, { added: [], changed: ["m"], removed: [], unchangedCount: 0 });
    });
  }

  test("leaves a resource alone whose service_configs changed, and says so", () => {
    const next = configOf({ components: [{ ...SENSOR, service_configs: [{ type: "data_manager", attributes: { a: 1 } }] }] });
    const diff = diffConfig(configOf({ components: [SENSOR] }), next);
    assert.equal(diff.resources.unchangedCount, 1);
    assert.deepEqual(diff.associated, [NAME]);
    assert.equal(diff.isEmpty, false);
  });

  test("does not mind the order of keys or another spelling", () => {
    const legacy = { model: "acme:demo:thermo", ATTRIBUTES: { pin: 1 }, type: "sensor", name: "s", depends_on: [] };
    assert.equal(diffConfig(configOf({ components: [SENSOR] }), configOf({ components: [legacy] })).isEmpty, true);
  });

  const sections: readonly [config: Record<string, unknown>, flag: "network" | "auth" | "log" | "invalid" | "dormant" | "revision"][] = [
    [{ network: { bind_address: "x:1" } }, "network"],
    [{ auth: { handlers: [{ type: "api-key", config: { keys: ["a"], a: "b" } }] } }, "auth"],
    [{ log: [{ pattern: "a", level: "info" }] }, "log"],
    [{ debug: true }, "log"],
    [{ disable_log_deduplication: true }, "log"],
    [{ components: [{ ...SENSOR, model: 1 }] }, "invalid"],
    [{ modules: [{ ...MODULE, env: 1 }] }, "invalid"],
    [{ jobs: [{ name: "j", schedule: "1m", resource: "s", method: "Do" }] }, "dormant"],
    [{ revision: "2" }, "revision"],
  ];
  for (const [config, flag] of sections) {
    test(`sees ${JSON.stringify(config).slice(0, 60)}`, () => {
      const diff = diffConfig(configOf({}), configOf(config));
      const flags = (["network", "auth", "log", "invalid", "dormant", "revision"] as const).filter((name) => diff[name]);
      assert.deepEqual(flags, [flag]);
      assert.equal(diff.isEmpty, false);
    });
  }

  test("of equal configs is empty; of others it says exactly what to add, change and remove", () => {
    const entry = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), pin: fc.nat(2), type: fc.constantFrom("sensor", "motor") });
    const components = fc
      .uniqueArray(entry, { selector: ({ name, type }) => `${type}/${name}` })
      .map((list) => list.map(({ name, pin, type }) => ({ name, type, model: "fake", attributes: { pin } })));
    fc.assert(
      fc.property(components, components, (before, after) => {
        const [current, next] = [configOf({ components: before }), configOf({ components: after })];
        assert.equal(diffConfig(current, configOf({ components: before.toReversed() })).isEmpty, true);
        const { resources } = diffConfig(current, next);
        const result = new Map(current.resources);
        for (const name of resources.removed) assert.ok(result.delete(name));
        for (const name of [...resources.added, ...resources.changed]) {
          assert.equal(result.has(name), resources.changed.includes(name));
          const config = next.resources.get(name);
          if (config !== undefined) result.set(name, config);
        }
        assert.deepEqual(new Map([...result].toSorted()), new Map([...next.resources].toSorted()));
        assert.equal(resources.unchangedCount + resources.added.length + resources.changed.length, next.resources.size);
      }),
    );
  });
});

describe("carryOver", () => {
  const good = configOf({
    components: [SENSOR],
    modules: [MODULE],
    network: { bind_address: "robot:1", tls_cert_file: "/c", tls_key_file: "/k", fqdn: "robot", sessions: { heartbeat_window: "1s" } },
    auth: { handlers: [{ type: "api-key", config: { keys: ["a"], a: "b" } }] },
    debug: true,
    disable_log_deduplication: true,
  });

  test("takes the config as it is when nothing ran before or nothing is bad", () => {
    const broken = parse({ components: [{ ...SENSOR, model: 1 }] });
    assert.equal(carryOver(undefined, broken), broken.config);
    const fine = parse({ components: [] });
    assert.equal(carryOver(good, fine), fine.config);
  });

  test("keeps the last good version of entries that became bad, and still calls them invalid", () => {
    const config = carryOver(
      good,
      parse({
        components: [
          { ...SENSOR, attributes: 1 },
          { name: "new", type: "sensor" },
        ],
        modules: [{ ...MODULE, env: 1 }],
      }),
    );
    assert.deepEqual([...config.resources.values()], [...good.resources.values()]);
    assert.deepEqual([...config.modules.values()], [...good.modules.values()]);
    assert.deepEqual([...config.invalidResources.keys()], [NAME, "rdk:component:sensor/new"]);
    assert.deepEqual([...config.invalidModules.keys()], ["m"]);
  });

  test("lets go of entries that left the text", () => {
    const config = carryOver(good, parse({ components: [{ name: "new", type: "sensor" }] }));
    assert.equal(config.resources.size + config.modules.size, 0);
  });

  test("keeps all of a section that is no list any more", () => {
    const config = carryOver(good, parse({ components: {}, services: [{ type: "motion" }], modules: 1 }));
    assert.deepEqual([...config.resources.keys()], ["rdk:service:motion/builtin", NAME]);
    assert.deepEqual([...config.modules.keys()], ["m"]);
  });

  test("keeps the fields of network that are bad and takes the others", () => {
    const config = carryOver(
      good,
      parse({ network: { bind_address: "nonsense", tls_cert_file: "/other", sessions: { heartbeat_window: "3s" } } }),
    );
    assert.deepEqual(config.network, {
      bindHost: "robot",
      bindPort: 1,
      tlsCertFile: "/c",
      tlsKeyFile: "/k",
      isTlsOff: false,
      heartbeatWindow: 3000,
      tunnelEndpoints: [],
    });
  });

  test("keeps the keys when auth is bad, and the flags", () => {
    const config = carryOver(good, parse({ auth: { handlers: [{ type: "magic" }] }, debug: 1, disable_log_deduplication: 1 }));
    assert.deepEqual(config.apiKeys, [{ id: "a", key: "b" }]);
    assert.deepEqual([config.isAuthRequired, config.isDebug, config.isLogDeduplicated], [true, true, false]);
  });

  test("of the same text twice changes nothing", () => {
    const text = { components: [{ ...SENSOR, attributes: 1 }], network: { bind_address: "x" }, auth: 1 };
    const once = carryOver(good, parse(text));
    assert.equal(diffConfig(once, carryOver(once, parse(text))).isEmpty, true);
  });
});
