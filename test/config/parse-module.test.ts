// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ModuleConfig, ParsedConfig } from "../../src/config/machine-config.js";
import { errors, parse, warnings } from "./support.js";

const MODULE = { name: "thermo", type: "local", executable_path: "/opt/thermo/run.sh" };

function onlyModule(parsed: ParsedConfig): ModuleConfig {
  const [module, ...others] = parsed.config.modules.values();
  assert.ok(module !== undefined && others.length === 0, JSON.stringify(parsed.problems));
  return module;
}

describe("a module", () => {
  test("has defaults", () => {
    assert.deepEqual(onlyModule(parse({ modules: [MODULE] })), {
      name: "thermo",
      executablePath: "/opt/thermo/run.sh",
      type: "local",
      env: {},
      isTcp: false,
      firstRunTimeout: 3_600_000,
      isBuiltin: false,
    });
  });

  test("keeps what is written", () => {
    const entry = {
      ...MODULE,
      module_id: "acme:thermo",
      log_level: "WARNING",
      env: { A: "1" },
      tcp_mode: true,
      first_run_timeout: "1m30s",
    };
    assert.deepEqual(onlyModule(parse({ modules: [entry] })), {
      name: "thermo",
      executablePath: "/opt/thermo/run.sh",
      type: "local",
      moduleId: "acme:thermo",
      logLevel: "warn",
      env: { A: "1" },
      isTcp: true,
      firstRunTimeout: 90_000,
      isBuiltin: false,
    });
  });

  test("may share its executable with another", () => {
    const parsed = parse({ modules: [MODULE, { ...MODULE, name: "second" }] });
    assert.equal(parsed.config.modules.size, 2);
    assert.deepEqual(errors(parsed), []);
  });

  test("without a positive first_run_timeout has the default", () => {
    for (const first_run_timeout of ["0s", "-5s", "0"]) {
      assert.equal(onlyModule(parse({ modules: [{ ...MODULE, first_run_timeout }] })).firstRunTimeout, 3_600_000);
    }
  });

  test("with an unknown log level runs at its default level", () => {
    const parsed = parse({ modules: [{ ...MODULE, log_level: "loud" }] });
    assert.equal(onlyModule(parsed).logLevel, undefined);
    assert.equal(warnings(parsed).length, 1);
  });
});

describe("a module's executable", () => {
  test("may begin with the home folder", () => {
    assert.equal(onlyModule(parse({ modules: [{ ...MODULE, executable_path: "~/bin/../thermo" }] })).executablePath, "/home/pi/thermo");
  });

  test("may hold placeholders", () => {
    const packages = [{ name: "thermo", package: "org/thermo", version: "1.2.3", type: "module" }];
    const parsed = parse({ modules: [{ ...MODULE, executable_path: "${packages.module.thermo}/run" }], packages });
    assert.equal(onlyModule(parsed).executablePath, "/home/pi/.viam/packages/data/module/org-thermo-1_2_3/run");
  });

  test("that is relative is refused with what to write", () => {
    const parsed = parse({ modules: [{ ...MODULE, executable_path: "bin/run.sh" }] });
    assert.deepEqual(errors(parsed), [
      'modules[0].executable_path: expected an absolute path, got "bin/run.sh"; write it from the root, e.g. "/home/pi/bin/run.sh" or "~/bin/run.sh"',
    ]);
    assert.deepEqual([...parsed.config.invalidModules.keys()], ["thermo"]);
  });

  test("that is a placeholder for nothing is refused", () => {
    const parsed = parse({ modules: [{ ...MODULE, executable_path: "${packages.module.gone}/run" }] });
    assert.match(errors(parsed)[0] ?? "", /a placeholder that names nothing in this config/);
  });

  test("of a local module must exist, and its path is reported as missing", () => {
    const parsed = parse(
      { modules: [MODULE, { ...MODULE, name: "other", executable_path: "/bin/true" }] },
      { fileExists: (file) => file === "/bin/true" },
    );
    assert.equal(onlyModule(parsed).name, "other");
    assert.deepEqual(parsed.missingFiles, ["/opt/thermo/run.sh"]);
    assert.match(parsed.config.invalidModules.get("thermo") ?? "", /found nothing at \/opt\/thermo\/run\.sh/);
  });

  test("of another module is not looked for", () => {
    for (const type of ["registry", "", undefined]) {
      const parsed = parse({ modules: [{ ...MODULE, type }] }, { fileExists: () => false });
      assert.equal(parsed.config.modules.size, 1);
    }
  });

  test("is required, and for a registry module the message says why", () => {
    const parsed = parse({ modules: [{ name: "tools", type: "registry", module_id: "acme:tools", version: "1.0.0" }] });
    assert.match(errors(parsed)[0] ?? "", /modules\[0\]\.executable_path: missing; .*downloads nothing from a registry yet/);
    assert.deepEqual(warnings(parsed), []);
    assert.deepEqual([...(parsed.config.invalidModuleIds ?? [])], [["tools", "acme:tools"]]);
  });
});

describe("a bad module", () => {
  const wrong: readonly [keys: Record<string, unknown>, path: string][] = [
    [{ name: "parent" }, "name"],
    [{ name: "has space" }, "name"],
    [{ name: "x".repeat(201) }, "name"],
    [{ type: "remote" }, "type"],
    [{ env: { A: 1 } }, "env.A"],
    [{ env: [] }, "env"],
    [{ tcp_mode: "yes" }, "tcp_mode"],
    [{ first_run_timeout: 60 }, "first_run_timeout"],
    [{ first_run_timeout: "soon" }, "first_run_timeout"],
    [{ module_id: "thermo" }, "module_id"],
    [{ status: { error: "not found in the registry" } }, "status"],
  ];
  for (const [keys, path] of wrong) {
    test(`costs only itself: ${JSON.stringify(keys).slice(0, 50)}`, () => {
      const parsed = parse({
        modules: [
          { ...MODULE, ...keys },
          { ...MODULE, name: "good" },
        ],
      });
      assert.equal(onlyModule(parsed).name, "good");
      assert.equal(errors(parsed).length, 1);
      assert.ok(errors(parsed)[0]?.startsWith(`modules[0].${path}: `), errors(parsed)[0]);
      assert.equal(parsed.config.invalidModules.size, 1);
    });
  }

  test("without a name is told, though nobody can say whom it concerns", () => {
    const parsed = parse({ modules: [{ executable_path: "/bin/true" }] });
    assert.deepEqual(errors(parsed), ["modules[0].name: missing; this key is required"]);
    assert.equal(parsed.config.invalidModules.size, 0);
  });

  test("of a name that is taken is an error; the first counts", () => {
    const parsed = parse({ modules: [MODULE, { ...MODULE, executable_path: "/bin/other" }] });
    assert.equal(onlyModule(parsed).executablePath, "/opt/thermo/run.sh");
    assert.match(errors(parsed)[0] ?? "", /modules\[1\]\.name: .* modules\[0\] is the module thermo already/);
  });
});

describe("debug level of a module", () => {
  const levels = (config: Record<string, unknown>, isDebug = false): readonly (string | undefined)[] =>
    [
      ...parse({ modules: [MODULE, { ...MODULE, name: "thermo-2", log_level: "warn" }], ...config }, { isDebug }).config.modules.values(),
    ].map((module) => module.logLevel);

  test("is not set by itself", () => assert.deepEqual(levels({}), [undefined, "warn"]));
  test("follows the debug flag of the file", () => assert.deepEqual(levels({ debug: true }), ["debug", "warn"]));
  test("follows the debug flag of the command line", () => assert.deepEqual(levels({}, true), ["debug", "warn"]));
  for (const pattern of ["rdk.modmanager.thermo", "thermo", "*thermo*", "rdk.modmanager.th*"]) {
    test(`follows a debug pattern that names it: ${pattern}`, () => {
      assert.deepEqual(levels({ log: [{ pattern, level: "DEBUG" }] }), ["debug", "warn"]);
    });
  }
  for (const pattern of [
    "*",
    "rdk.*",
    "rdk.modmanager.*",
    "rdk.modmanager.therm",
    "rdk.modmanager.thermo-2",
    "r?k(+[",
    "rdk.resource_manager.*",
  ]) {
    test(`is left alone by ${pattern}`, () => {
      assert.deepEqual(levels({ log: [{ pattern, level: "debug" }] }), [undefined, "warn"]);
    });
  }
  test("is left alone by patterns of other levels", () => {
    assert.deepEqual(levels({ log: [{ pattern: "rdk.modmanager.thermo", level: "error" }] }), [undefined, "warn"]);
  });
});
