// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isPinionError } from "../../src/base/errors.js";
import { ConfigSyntaxError } from "../../src/config/parse-config.js";
import { errors, fixture, parse, warnings } from "./support.js";

describe("a text that is no JSON object", () => {
  const cases: readonly [title: string, text: string, message: string][] = [
    ["empty", "", "line 1, column 1: expected a value, but the text ends here"],
    ["truncated", '{\n  "components": [', "line 2, column 18: expected a value, but the text ends here"],
    ["a list", " [1]", "line 1, column 2: expected an object in braces, found a list"],
    ["a number", "\n\n12", "line 3, column 1: expected an object in braces, found 12"],
    ["a comma too many", '{"a": 1,\n}', 'line 2, column 1: expected a key in double quotes, found "}" (remove the comma before it)'],
    ["a list with a comma too many", '{"a": [1,]}', 'line 1, column 10: expected a value, found "]" (remove the comma before it)'],
    ["a missing comma", '{"a": 1\n "b": 2}', 'line 2, column 2: expected "," or "}", found "\\""'],
    ["comments", '{\n  // why\n  "a": 1}', "line 2, column 3: expected a key in double quotes; JSON has no comments"],
    ["single quotes", "{'a': 1}", `line 1, column 2: expected a key in double quotes, found "'a'"`],
    ["Python's words", '{"a": True}', 'line 1, column 7: expected a value, found "True"'],
    ["a string over two lines", '{"a": "x\ny"}', "line 1, column 7: this string does not end on its line"],
    ["a bad escape", '{"a": "\\x41"}', "line 1, column 7: expected a string, found one with an escape that JSON does not have"],
    ["a place behind a variable", '{"home": "$HOME", "a": oops}', 'line 1, column 24: expected a value, found "oops"'],
  ];
  for (const [title, text, message] of cases) {
    test(`is refused with its place: ${title}`, () => {
      assert.throws(
        () => parse(text, { env: { HOME: "/a/much/longer/text/than/the/variable" } }),
        (error) => isPinionError(error, "CONFIG_INVALID") && error instanceof ConfigSyntaxError && error.message === message,
        message,
      );
    });
  }
});

describe("a whole config", () => {
  test("may be empty", () => {
    const { config, problems, defaulted } = parse({});
    assert.deepEqual(problems, []);
    assert.equal(defaulted.size, 0);
    assert.equal(config.resources.size + config.modules.size, 0);
    assert.deepEqual(config.network, {
      bindHost: "localhost",
      bindPort: 8080,
      isTlsOff: false,
      heartbeatWindow: 2000,
      tunnelEndpoints: [],
    });
    assert.deepEqual(
      [config.revision, config.isDebug, config.isLogDeduplicated, config.apiKeys, config.logPatterns],
      ["", false, true, [], []],
    );
  });

  test("may begin with a byte order mark and name its schema", () => {
    const parsed = parse('\uFEFF{"$schema": "machine.schema.json", "revision": "4"}');
    assert.deepEqual(parsed.problems, []);
    assert.equal(parsed.config.revision, "4");
  });

  test("ends with its first value; the rest is ignored with a warning", () => {
    const parsed = parse('{"revision": "1"}\n{"revision": "2"}');
    assert.equal(parsed.config.revision, "1");
    assert.deepEqual(warnings(parsed), [": everything from line 2, column 1 on is ignored: the config ends before it"]);
  });

  test("warns of keys that are near a known one", () => {
    const parsed = parse({ componets: [], Module: [], newtork: {}, unheard_of: 1 });
    assert.deepEqual(warnings(parsed), [
      'componets: unknown key, ignored; did you mean "components"?',
      'Module: unknown key, ignored; did you mean "modules"?',
      'newtork: unknown key, ignored; did you mean "network"?',
      "unheard_of: unknown key, ignored",
    ]);
  });

  test("says of fragments that they are missing and leaves other programs' keys alone", () => {
    const parsed = parse({ fragments: ["x"], fragment_mods: [], agent: {}, triggers: [], disable_partial_start: true, _note: "" });
    assert.equal(warnings(parsed).length, 1);
    assert.match(warnings(parsed)[0] ?? "", /^fragments: are merged by the cloud only/);
    assert.deepEqual(parse({ fragments: [] }).problems, []);
  });

  test("takes null as absent everywhere", () => {
    const parsed = parse({
      components: null,
      modules: null,
      network: null,
      auth: null,
      log: null,
      debug: null,
      revision: null,
      jobs: null,
    });
    assert.deepEqual(parsed.problems, []);
    assert.equal(parsed.defaulted.size, 0);
  });

  test("with sections of a wrong type loses only those", () => {
    const components = [{ name: "s", api: "rdk:component:sensor", model: "fake" }];
    const wrong = {
      modules: {},
      services: 1,
      network: [],
      auth: "x",
      log: {},
      debug: "yes",
      disable_log_deduplication: 1,
      revision: 2,
      jobs: {},
      cloud: [],
    };
    const parsed = parse({ components, ...wrong });
    assert.equal(parsed.config.resources.size, 1);
    assert.deepEqual(
      errors(parsed)
        .map((error) => error.split(":")[0])
        .toSorted(),
      Object.keys(wrong).toSorted(),
    );
    assert.ok(
      parsed.defaulted.has("modules") &&
        parsed.defaulted.has("resources") &&
        parsed.defaulted.has("auth") &&
        parsed.defaulted.has("network.bindHost"),
    );
  });

  test("tells every problem at once", () => {
    const parsed = parse(fixture("broken-in-many-places.json"), { fileExists: () => false });
    assert.deepEqual(parsed.problems.map((problem) => problem.path).toSorted(), [
      "components[1].model",
      "components[1].name",
      "components[2].name",
      "components[3].attributes",
      "components[3].dependson",
      "components[4]",
      "componets",
      "log[0].level",
      "modules[0].executable_path",
      "modules[1].executable_path",
      "network.bind_address",
      "network.sessions",
    ]);
    assert.deepEqual([...parsed.config.resources.keys()], ["rdk:component:sensor/good"]);
    assert.deepEqual([...parsed.config.invalidResources.keys()], ["rdk:component:sensor/no model", "rdk:component:motor/typo"]);
    assert.deepEqual([...parsed.config.invalidModules.keys()], ["relative", "missing"]);
  });
});

describe("sections that are not acted on yet", () => {
  test("are kept and said so once each", () => {
    const sections = {
      remotes: [{ name: "r", address: "r.local:8080" }],
      jobs: [{ name: "j", schedule: "5m", resource: "s", method: "DoCommand", command: { a: 1 } }],
      packages: [{ name: "p", package: "org/p", type: "ml_model" }],
      cloud: { id: "x", secret: "y" },
      maintenance: { sensor_name: "rdk:component:sensor/s", maintenance_allowed_key: "ok" },
      tracing: { enabled: true, disk: true },
      processes: [{ id: "1", name: "/bin/true" }],
    };
    const parsed = parse(sections);
    assert.deepEqual(parsed.config.dormant, sections);
    assert.deepEqual(
      warnings(parsed)
        .map((warning) => warning.split(":")[0])
        .toSorted(),
      Object.keys(sections).toSorted(),
    );
    assert.deepEqual(errors(parsed), []);
  });

  test("are not mentioned when empty", () => {
    assert.deepEqual(parse({ remotes: [], jobs: [], packages: [], processes: [], cloud: {}, tracing: {} }).problems, []);
  });

  test("lose their bad entries", () => {
    const parsed = parse({
      remotes: [
        { name: "r" },
        { name: "ok", address: "a:1" },
        { name: "ok", address: "b:1" },
        { name: "x", address: "a:1", reconnect_interval: 5 },
      ],
      jobs: [{ name: "j", schedule: "5m" }],
      packages: [{ name: "p", package: "org/p", status: { error: "gone" } }],
      cloud: { id: "x", api_key: { id: "only" } },
    });
    assert.deepEqual(parsed.config.dormant["remotes"], [{ name: "ok", address: "a:1" }]);
    assert.deepEqual(
      errors(parsed)
        .map((error) => error.split(": ")[0])
        .toSorted(),
      [
        "cloud.api_key",
        "jobs[0].method",
        "jobs[0].resource",
        "packages[0].status",
        "remotes[0].address",
        "remotes[2].name",
        "remotes[3].reconnect_interval",
      ],
    );
  });
});

describe("log patterns", () => {
  test("are read in order, bad ones left out", () => {
    const parsed = parse({
      log: [
        { pattern: "rdk.*", level: "Warning" },
        { pattern: "", level: "info" },
        { pattern: "a", level: "x" },
        { pattern: "b", level: "debug" },
      ],
    });
    assert.deepEqual(parsed.config.logPatterns, [
      { pattern: "rdk.*", level: "warn" },
      { pattern: "b", level: "debug" },
    ]);
    assert.equal(errors(parsed).length, 2);
  });
});

describe("existing configs", () => {
  const cases: readonly [file: string, resources: readonly string[], modules: readonly string[]][] = [
    [
      "rover-old-style.json",
      [
        "rdk:component:board/local",
        "rdk:component:motor/left",
        "rdk:component:motor/right",
        "rdk:component:base/rover-base",
        "rdk:service:data_manager/builtin",
        "rdk:service:navigation/nav",
      ],
      [],
    ],
    ["weather-station.json", ["rdk:component:sensor/air", "rdk:component:sensor/rain", "acme:service:forecast/forecast"], ["weather"]],
    ["arm-with-frames.json", ["rdk:component:arm/arm", "rdk:component:gripper/gripper"], []],
  ];
  for (const [file, resources, modules] of cases) {
    test(`${file} parses without an error`, () => {
      const parsed = parse(fixture(file));
      assert.deepEqual(errors(parsed), []);
      assert.deepEqual([...parsed.config.resources.keys()], resources);
      assert.deepEqual([...parsed.config.modules.keys()], modules);
    });
  }

  test("one exported from the cloud runs what needs no cloud and says what it lacks", () => {
    const parsed = parse(fixture("exported-from-the-cloud.json"));
    assert.equal(parsed.config.resources.size, 2);
    assert.deepEqual(
      errors(parsed).map((error) => error.split(": ")[0]),
      ["modules[0].executable_path"],
    );
    assert.deepEqual(
      warnings(parsed).map((warning) => warning.split(":")[0]),
      ["fragments", "remotes", "jobs", "cloud"],
    );
  });

  test("one written for environment variables gets them, the same on each reading", () => {
    const env = { GREENHOUSE_PORT: "9090", GREENHOUSE_BED: "3", GREENHOUSE_TOKEN: 'quo"te$HOME\\' };
    const first = parse(fixture("greenhouse-from-environment.json.txt"), { env });
    assert.deepEqual(
      first.problems.map((problem) => problem.message),
      ['is the literal text after "$$"; write one "$" to have it replaced'],
    );
    assert.equal(first.config.network.bindPort, 9090);
    assert.equal(first.config.isDebug, false);
    assert.deepEqual(first.config.resources.get("rdk:component:sensor/soil-3" as never)?.attributes, {
      threshold: 0.4,
      unit: "$USD per m3",
      token: env.GREENHOUSE_TOKEN,
      template: "${packages.module.text}",
      match: "^bed[0-9]+$",
    });
    assert.deepEqual(first.config.modules.get("garden")?.env, { API_TOKEN: env.GREENHOUSE_TOKEN, PRICE: "5$" });
    assert.deepEqual(parse(fixture("greenhouse-from-environment.json.txt"), { env }), first);
  });
});

describe("any JSON at all", () => {
  const KEYS = ["components", "services", "modules", "network", "auth", "log", "remotes", "jobs", "cloud", "debug", "packages", "revision"];

  test("parses without throwing, and every problem has a path", () => {
    const entry = fc.dictionary(
      fc.constantFrom("name", "api", "type", "model", "attributes", "frame", "executable_path", "env", "handlers", "bind_address"),
      fc.jsonValue(),
    );
    const section = fc.oneof(fc.array(entry), entry, fc.jsonValue());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...KEYS), section), (config) => {
        const { problems } = parse(config);
        assert.ok(problems.every((problem) => problem.path !== "" && problem.message !== ""));
      }),
      { numRuns: 300 },
    );
  });

  test("parses the same when the keys of the format are written in another case", () => {
    const shout = (text: string): string =>
      text.replace(/"(name|api|model|attributes|depends_on|components)":/g, (key) => key.toUpperCase());
    const names = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    const components = fc
      .uniqueArray(names, { maxLength: 6 })
      .map((list) => list.map((name) => ({ name, api: "rdk:component:sensor", model: "fake", depends_on: [] })));
    fc.assert(
      fc.property(components, (entries) => {
        const text = JSON.stringify({ components: entries });
        assert.deepEqual(parse(shout(text)), parse(text));
      }),
      { numRuns: 50 },
    );
  });
});
