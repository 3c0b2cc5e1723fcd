import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { isPinionError } from "../../src/base/errors.js";
import { packageRoot } from "../../src/base/package-root.js";
import { readCatalogue } from "../../src/config/catalogue.js";
import { parseMeta } from "../../src/config/meta.js";
import { tempFolder } from "../support/temp-folder.js";

describe("meta.json", () => {
  test("is read in full", () => {
    const { meta, problems } = parseMeta(
      JSON.stringify({
        $schema: "x",
        module_id: "acme:thermo",
        visibility: "private",
        url: "https://example.com",
        description: "Thermometers",
        models: [{ api: "rdk:component:sensor", model: "acme:thermo:one", short_description: "One wire", markdown_link: "README.md#one" }],
        entrypoint: "bin/run.sh",
        first_run: "setup.sh",
        build: { build: "make" },
        applications: null,
      }),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(meta, {
      moduleId: "acme:thermo",
      visibility: "private",
      url: "https://example.com",
      description: "Thermometers",
      entrypoint: "bin/run.sh",
      firstRun: "setup.sh",
      models: [{ api: "rdk:component:sensor", model: "acme:thermo:one", shortDescription: "One wire" }],
    });
  });

  test("may be nearly empty: nulls, empty texts and unknown keys do not matter", () => {
    const { meta, problems } = parseMeta('{"first_run": "", "models": null, "Entrypoint": "run", "whatever": 1} trailing');
    assert.deepEqual([meta, problems], [{ entrypoint: "run", models: [] }, []]);
  });

  test("loses only what is bad", () => {
    const { meta, problems } = parseMeta(
      '{"module_id": "thermo", "entrypoint": 7, "models": [1, {"api": "sensor", "model": "a:b:c"}, {"api": "rdk:component:sensor", "model": "fake"}]}',
    );
    assert.deepEqual(meta, { moduleId: "thermo", models: [{ api: "rdk:component:sensor", model: "rdk:builtin:fake" }] });
    assert.deepEqual(
      problems.map((problem) => problem.path),
      ["module_id", "entrypoint", "models[0]", "models[1].api"],
    );
  });

  for (const text of ["", "[]", '{"a":']) {
    test(`that is no object is refused: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseMeta(text),
        (error) => isPinionError(error, "CONFIG_INVALID") && error.message.startsWith("meta.json: "),
      );
    });
  }
});

describe("the catalogue", () => {
  const sensor = "rdk:component:sensor";

  function driver(folder: string, name: string, meta: unknown): void {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, "meta.json"), typeof meta === "string" ? meta : JSON.stringify(meta));
  }

  test("knows which module serves a model", (t) => {
    const folder = tempFolder(t);
    driver(folder, "b-simulated", {
      module_id: "pinion:simulated",
      entrypoint: "run.sh",
      models: [
        { api: sensor, model: "pinion:simulated:sensor" },
        { api: sensor, model: "fake" },
      ],
    });
    driver(folder, "c-other", {
      entrypoint: "bin/go",
      models: [
        { api: sensor, model: "fake" },
        { api: "rdk:component:motor", model: "fake" },
      ],
    });
    mkdirSync(path.join(folder, "shared"));
    writeFileSync(path.join(folder, "README.md"), "");
    const catalogue = readCatalogue(folder);
    assert.deepEqual(catalogue.moduleFor(sensor, "pinion:simulated:sensor"), {
      name: "pinion-simulated",
      executablePath: path.join(folder, "b-simulated", "run.sh"),
      type: "local",
      moduleId: "pinion:simulated",
      env: {},
      isTcp: false,
      firstRunTimeout: 3_600_000,
      isBuiltin: true,
    });
    assert.equal(catalogue.moduleFor(sensor, "rdk:builtin:fake")?.name, "pinion-simulated");
    assert.equal(catalogue.moduleFor("rdk:component:motor", "rdk:builtin:fake")?.name, "pinion-c-other");
    assert.equal(catalogue.moduleFor("rdk:component:motor", "pinion:simulated:sensor"), undefined);
    assert.deepEqual(catalogue.failures, []);
    assert.equal(catalogue.modules.length, 2);
  });

  test("goes on without drivers that are broken and says which", (t) => {
    const folder = tempFolder(t);
    driver(folder, "a", "{");
    driver(folder, "b", { models: [] });
    driver(folder, "c", { entrypoint: "run", models: [{ api: sensor, model: "fake" }] });
    const catalogue = readCatalogue(folder);
    assert.equal(catalogue.moduleFor(sensor, "rdk:builtin:fake")?.name, "pinion-c");
    assert.equal(catalogue.failures.length, 2);
    assert.match(catalogue.failures[1] ?? "", /b\/meta\.json: expected an entrypoint/);
  });

  test("is empty where there are no drivers", (t) => {
    assert.deepEqual(readCatalogue(path.join(tempFolder(t), "none")).modules, []);
  });

  test("reads nothing until it is asked, and then once", (t) => {
    const folder = tempFolder(t);
    const catalogue = readCatalogue(folder);
    driver(folder, "late", { entrypoint: "run", models: [{ api: sensor, model: "fake" }] });
    assert.equal(catalogue.modules.length, 1);
    chmodSync(folder, 0o700);
    driver(folder, "later", { entrypoint: "run", models: [{ api: sensor, model: "other" }] });
    assert.equal(catalogue.modules.length, 1);
  });

  test("of this package is whole", () => {
    assert.deepEqual(readCatalogue(path.join(packageRoot(), "drivers")).failures, []);
  });
});
