// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatModel } from "../../src/resource/model.js";
import { errors, onlyResource, parse, warnings } from "./support.js";

const SENSOR = { name: "s", api: "rdk:component:sensor", model: "acme:demo:thermo" };

describe("a resource's API", () => {
  const cases: readonly [title: string, section: string, entry: Record<string, unknown>, name: string][] = [
    ["is a triplet", "components", { ...SENSOR }, "rdk:component:sensor/s"],
    ["is an object", "components", { ...SENSOR, api: { namespace: "rdk", type: "component", subtype: "arm" } }, "rdk:component:arm/s"],
    [
      "is an object with keys in any case",
      "components",
      { ...SENSOR, api: { Namespace: "rdk", TYPE: "component", SubType: "arm" } },
      "rdk:component:arm/s",
    ],
    ["is a legacy type", "components", { name: "s", type: "sensor", model: "fake" }, "rdk:component:sensor/s"],
    [
      "is a legacy type with a namespace",
      "components",
      { name: "s", namespace: "acme", type: "gizmo", model: "fake" },
      "acme:component:gizmo/s",
    ],
    [
      "is a legacy type with an empty namespace",
      "components",
      { name: "s", namespace: "", type: "sensor", model: "fake" },
      "rdk:component:sensor/s",
    ],
    ["is a legacy type of a service", "services", { name: "v", type: "vision", model: "fake" }, "rdk:service:vision/v"],
    ["beats legacy keys beside it", "components", { ...SENSOR, type: "motor", namespace: "acme" }, "rdk:component:sensor/s"],
    ["may name a service among components", "components", { ...SENSOR, api: "rdk:service:generic" }, "rdk:service:generic/s"],
    ["goes with the default name of a service", "services", { type: "data_manager" }, "rdk:service:data_manager/builtin"],
  ];
  for (const [title, section, entry, name] of cases) {
    test(title, () => {
      const parsed = parse({ [section]: [entry] });
      assert.equal(onlyResource(parsed).name, name);
      assert.deepEqual(errors(parsed), []);
    });
  }

  test("is asked for when neither spelling is there", () => {
    const parsed = parse({ components: [{ name: "s", model: "fake" }] });
    assert.deepEqual(errors(parsed), ['components[0]: expected "api" (e.g. "rdk:component:sensor"), found neither "api" nor "type"']);
    assert.equal(parsed.config.invalidResources.size, 0); // no full name can be told
  });

  test("that is a single word is refused with an example", () => {
    const [error] = errors(parse({ components: [{ ...SENSOR, api: "sensor" }] }));
    assert.equal(error, 'components[0].api: expected an API such as "rdk:component:sensor", got "sensor"');
  });

  test("written as a legacy type in full is pointed to the right key", () => {
    const [error] = errors(parse({ components: [{ name: "s", type: "rdk:component:sensor", model: "fake" }] }));
    assert.match(error ?? "", /components\[0\]\.type: .*a triplet belongs into "api"/);
  });
});

describe("a resource's model", () => {
  const cases: readonly [title: string, model: unknown, expected: string][] = [
    ["is a triplet", "acme:demo:thermo", "acme:demo:thermo"],
    ["is a single word", "fake", "rdk:builtin:fake"],
    ["is an object", { namespace: "acme", model_family: "demo", name: "thermo" }, "acme:demo:thermo"],
    ["is an object with keys in any case", { Namespace: "acme", Model_Family: "demo", NAME: "thermo" }, "acme:demo:thermo"],
  ];
  for (const [title, model, expected] of cases) {
    test(title, () => assert.equal(formatModel(onlyResource(parse({ components: [{ ...SENSOR, model }] })).model), expected));
  }

  test("of a service is the built-in one when left out", () => {
    assert.equal(formatModel(onlyResource(parse({ services: [{ type: "motion" }] })).model), "rdk:builtin:builtin");
  });

  test("of a component is required", () => {
    const parsed = parse({ components: [{ name: "s", api: "rdk:component:sensor" }] });
    assert.deepEqual(errors(parsed), ["components[0].model: missing; this key is required"]);
    assert.deepEqual([...parsed.config.invalidResources.keys()], ["rdk:component:sensor/s"]);
  });

  for (const model of ["a:b", "a:b:c:d", "with space", "", 7, { namespace: "a" }]) {
    test(`${JSON.stringify(model)} is refused`, () => assert.equal(errors(parse({ components: [{ ...SENSOR, model }] })).length > 0, true));
  }
});

describe("a resource's other keys", () => {
  test("are kept", () => {
    const entry = {
      ...SENSOR,
      attributes: { Pin: 4, nested: { X: [1, null] } },
      depends_on: ["board", "rdk:component:motor/left"],
      service_configs: [{ type: "data_manager", attributes: { a: 1 } }, { type: "acme:service:thing" }],
      log_configuration: { level: "WARNING" },
    };
    const { attributes, dependsOn, associatedConfigs, logLevel } = onlyResource(parse({ components: [entry] }));
    assert.deepEqual(attributes, { Pin: 4, nested: { X: [1, null] } });
    assert.deepEqual(dependsOn, ["board", "rdk:component:motor/left"]);
    assert.deepEqual(associatedConfigs, [
      { api: "rdk:service:data_manager", attributes: { a: 1 } },
      { api: "acme:service:thing", attributes: {} },
    ]);
    assert.equal(logLevel, "warn");
  });

  test("have defaults, also when they are null", () => {
    const nulls = { attributes: null, depends_on: null, frame: null, service_configs: null, log_configuration: null };
    for (const entry of [SENSOR, { ...SENSOR, ...nulls }]) {
      const { attributes, dependsOn, associatedConfigs, logLevel, frame } = onlyResource(parse({ components: [entry] }));
      assert.deepEqual([attributes, dependsOn, associatedConfigs, logLevel, frame], [{}, [], [], undefined, undefined]);
    }
  });

  test("match without regard to case, but not inside attributes", () => {
    const entry = { NAME: "s", Api: "rdk:component:sensor", Model: "fake", ATTRIBUTES: { Key: 1, key: 2 }, Depends_On: ["x"] };
    const resource = onlyResource(parse({ Components: [entry] }));
    assert.deepEqual(resource.attributes, { Key: 1, key: 2 });
    assert.deepEqual(resource.dependsOn, ["x"]);
  });

  test("count last when given twice", () => {
    const parsed = parse('{"components":[{"name":"a","Name":"b","api":"rdk:component:sensor","model":"fake","model":"acme:demo:x"}]}');
    assert.equal(onlyResource(parsed).name, "rdk:component:sensor/b");
    assert.equal(onlyResource(parsed).model.namespace, "acme");
    assert.deepEqual(warnings(parsed), ['components[0].name: is given twice, as "name" and as "Name"; the last one counts']);
  });

  const wrong: readonly [keys: Record<string, unknown>, path: string, message: RegExp][] = [
    [{ attributes: [] }, "attributes", /expected an object, got a list/],
    [{ attributes: "x" }, "attributes", /expected an object, got "x"/],
    [{ depends_on: "board" }, "depends_on", /expected a list, got "board"/],
    [{ depends_on: ["a", 1] }, "depends_on[1]", /expected a text, got 1/],
    [{ service_configs: [{ type: "two:parts" }] }, "service_configs[0].type", /expected a service such as/],
    [{ service_configs: [{ attributes: {} }] }, "service_configs[0].type", /missing/],
    [{ log_configuration: { level: "loud" } }, "log_configuration.level", /expected one of debug, info, warn, error, got "loud"/],
    [{ log_configuration: {} }, "log_configuration.level", /missing/],
    [{ name: "has space" }, "name", /expected a letter or digit, then/],
    [{ name: "x".repeat(61) }, "name", /expected at most 60 characters, got 61/],
    [{ name: "remote:x" }, "name", /expected a letter or digit, then/],
    [{ name: "" }, "name", /expected a name, got an empty text/],
    [{ frame: { parent: 3 } }, "frame.parent", /expected a text, got 3/],
    [{ frame: { parent: "world", translation: { X: "1" } } }, "frame.translation.x", /expected a number, got "1"/],
    [{ frame: { parent: "world", orientation: { type: "upside_down" } } }, "frame.orientation.type", /expected "ov_degrees" or/],
    [{ frame: { parent: "world", geometry: { type: "cube" } } }, "frame.geometry.type", /expected "box" or/],
  ];
  for (const [keys, path, message] of wrong) {
    test(`cost the entry when ${JSON.stringify(keys).slice(0, 60)}`, () => {
      const good = { name: "good", api: "rdk:component:sensor", model: "fake" };
      const parsed = parse({ components: [{ ...SENSOR, ...keys }, good] });
      const [error, ...others] = errors(parsed);
      assert.deepEqual(others, []);
      assert.ok(error?.startsWith(`components[0].${path}: `), error);
      assert.match(error ?? "", message);
      assert.equal(onlyResource(parsed).name, "rdk:component:sensor/good");
    });
  }

  test("that are wrong are all told at once, and the entry is remembered as invalid with them", () => {
    const parsed = parse({ components: [{ ...SENSOR, model: 1, attributes: 2, depends_on: 3 }] });
    assert.equal(errors(parsed).length, 3);
    const message = parsed.config.invalidResources.get("rdk:component:sensor/s" as never);
    assert.match(message ?? "", /components\[0\]\.model: .*; components\[0\]\.attributes: .*; components\[0\]\.depends_on: /);
  });
});

describe("a frame", () => {
  test("is kept with lower-case keys at any depth", () => {
    const frame = {
      Parent: "world",
      Translation: { X: 1, Y: 2, Z: 3 },
      orientation: { TYPE: "quaternion", Value: { W: 1, X: 0, Y: 0, Z: 0 } },
      geometry: { type: "box", X: 1, Translation: { X: 5 } },
    };
    assert.deepEqual(onlyResource(parse({ components: [{ ...SENSOR, frame }] })).frame, {
      parent: "world",
      translation: { x: 1, y: 2, z: 3 },
      orientation: { type: "quaternion", value: { w: 1, x: 0, y: 0, z: 0 } },
      geometry: { type: "box", x: 1, translation: { x: 5 } },
    });
  });

  test("without a parent is only warned about", () => {
    const parsed = parse({ components: [{ ...SENSOR, frame: { translation: { x: 1 } } }] });
    assert.equal(parsed.config.resources.size, 1);
    assert.match(warnings(parsed)[0] ?? "", /components\[0\]\.frame: has no "parent"/);
  });
});

describe("unknown keys", () => {
  const cases: readonly [key: string, warning: string | undefined][] = [
    ["depend_on", 'components[0].depend_on: unknown key, ignored; did you mean "depends_on"?'],
    ["dependsOn", 'components[0].dependsOn: unknown key, ignored; did you mean "depends_on"?'],
    ["atributes", 'components[0].atributes: unknown key, ignored; did you mean "attributes"?'],
    ["colour_of_the_box", "components[0].colour_of_the_box: unknown key, ignored"],
    ["_comment", undefined],
    ["// why", undefined],
    ["notes", undefined],
    ["ui_folder", undefined],
  ];
  for (const [key, warning] of cases) {
    test(`${key} ${warning === undefined ? "is left alone" : "gets a warning"}`, () => {
      const parsed = parse({ components: [{ ...SENSOR, [key]: {} }] });
      assert.deepEqual(warnings(parsed), warning === undefined ? [] : [warning]);
      assert.equal(parsed.config.resources.size, 1);
    });
  }

  test("with dangerous names do no harm", () => {
    const parsed = parse(
      '{"__proto__":{"components":[]},"components":[{"name":"s","api":"rdk:component:sensor","model":"fake","attributes":{"__proto__":{"a":1},"b":"${x.y}"}}]}',
    );
    assert.equal(JSON.stringify(onlyResource(parsed).attributes), '{"__proto__":{"a":1},"b":"${x.y}"}');
  });
});

describe("two resources of one name", () => {
  const other = { ...SENSOR, model: "acme:demo:other" };

  test("keep the first, and the second is an error", () => {
    const parsed = parse({ components: [SENSOR, other] });
    assert.equal(onlyResource(parsed).model.name, "thermo");
    assert.deepEqual(errors(parsed), [
      "components[1].name: expected a name of its own, but components[0] is rdk:component:sensor/s already and counts",
    ]);
    assert.equal(parsed.config.invalidResources.size, 0);
  });

  test("are no matter when their APIs differ", () => {
    const parsed = parse({ components: [SENSOR, { ...other, api: "rdk:component:motor" }] });
    assert.equal(parsed.config.resources.size, 2);
    assert.deepEqual(errors(parsed), []);
  });

  test("use the second when the first is bad", () => {
    const parsed = parse({ components: [{ ...SENSOR, attributes: 1 }, other] });
    assert.equal(onlyResource(parsed).model.name, "other");
    assert.equal(parsed.config.invalidResources.size, 0);
    assert.equal(errors(parsed).length, 1);
  });
});
