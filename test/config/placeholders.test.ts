// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { onlyResource, parse, warnings } from "./support.js";

const PACKAGES = [
  { name: "rain", package: "org-1/rain", type: "ml_model", version: "2.0.1" },
  { name: "tools", package: "org-1/tools", type: "module", version: "1.0.0" },
  { name: "newest", package: "org-1/newest", type: "archive" },
];

function resolve(
  text: string,
  env: Readonly<Record<string, string>> = {},
): { readonly value: unknown; readonly warnings: readonly string[] } {
  const parsed = parse(
    { packages: PACKAGES, components: [{ name: "s", api: "rdk:component:sensor", model: "fake", attributes: { deep: [{ text }] } }] },
    { env },
  );
  const [found] = onlyResource(parsed).attributes["deep"] as readonly { readonly text: string }[];
  return { value: found?.text, warnings: warnings(parsed).filter((warning) => !warning.startsWith("packages:")) };
}

describe("a placeholder", () => {
  const cases: readonly [text: string, value: string][] = [
    ["${packages.rain}", "/home/pi/.viam/packages/data/ml_model/org-1-rain-2_0_1"],
    ["${packages.ml_model.rain}/model.tflite", "/home/pi/.viam/packages/data/ml_model/org-1-rain-2_0_1/model.tflite"],
    ["${packages.module.tools}/bin", "/home/pi/.viam/packages/data/module/org-1-tools-1_0_0/bin"],
    ["${packages.archive.newest}", "/home/pi/.viam/packages/data/archive/org-1-newest-latest"],
    ["a ${environment.TOKEN} b ${environment.TOKEN}", "a t$HOME b t$HOME"],
  ];
  for (const [text, value] of cases) {
    test(`${text} is replaced at any depth of attributes`, () => {
      assert.deepEqual(resolve(text, { TOKEN: "t$HOME" }), { value, warnings: [] });
    });
  }

  const unknown: readonly [text: string, reason: RegExp][] = [
    ["${packages.gone}", /names a package that is not in this config/],
    ["${packages.module.rain}", /names a package of type ml_model/],
    ["${packages.tools}", /names a package of type module/],
    ["${environment.UNSET}", /names an environment variable that is not set/],
    ["${environment.A.B}", /is no placeholder of the form/],
    ["${cloud.id}", /is no placeholder that Pinion knows/],
    ["${packages.a.b.c}", /is no placeholder that Pinion knows/],
  ];
  for (const [text, reason] of unknown) {
    test(`${text} stays as it is, with a warning`, () => {
      const result = resolve(text);
      assert.equal(result.value, text);
      assert.equal(result.warnings.length, 1);
      assert.match(result.warnings[0] ?? "", reason);
      assert.ok(result.warnings[0]?.startsWith("components[0].attributes.deep[0].text: "));
    });
  }

  test("after two dollar signs is a text for good", () => {
    assert.equal(resolve("$${packages.rain}").value, "${packages.rain}");
  });

  test("that a variable's value holds is a text for good", () => {
    assert.equal(resolve("$TRICK", { TRICK: "${packages.rain}" }).value, "${packages.rain}");
  });

  test("is replaced in the environment of modules, not in names", () => {
    const parsed = parse({
      packages: PACKAGES,
      modules: [{ name: "m", type: "local", executable_path: "/m", env: { P: "${packages.rain}" } }],
      revision: "${packages.rain}",
    });
    assert.match(parsed.config.modules.get("m")?.env["P"] ?? "", /org-1-rain/);
    assert.equal(parsed.config.revision, "${packages.rain}");
  });
});
