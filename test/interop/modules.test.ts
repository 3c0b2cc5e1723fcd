/** Modules of the official Python and Go SDKs and of ours in one machine: how they start, change, fail and end. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { ResourceStatus_State } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { eventually } from "../support/eventually.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";
import { type InstalledModule, installModule, LANGUAGES, type Language, nextLanguage, OFFSETS } from "./support/languages.js";
import { type MachineOptions, machineConfig, resourceNames, SPARE, thermo } from "./support/machine.js";
import { celsius, command, describeResource, position } from "./support/robot.js";

interface Machine {
  readonly daemon: Daemon;
  readonly modules: readonly InstalledModule[];
  /** Puts the machine's config in place with these differences. */
  edit(changes: Omit<MachineOptions, "modules">): void;
}

async function startMachine(t: TestContext): Promise<Machine> {
  const folder = tempFolder(t);
  const modules = LANGUAGES.map((language) => installModule(folder, language));
  const daemon = await startDaemon(t, { config: machineConfig({ modules }) });
  await daemon.untilReady(resourceNames());
  return { daemon, modules, edit: (changes) => daemon.writeConfig(machineConfig({ modules, ...changes })) };
}

/** What each winch shows: the temperature of its neighbour. */
async function assertRing(daemon: Daemon): Promise<void> {
  for (const language of LANGUAGES) {
    assert.equal(await position(daemon, `${language}-winch`), 20 + OFFSETS[nextLanguage(language, LANGUAGES)], `${language}-winch`);
  }
}

async function pidOf(daemon: Daemon, language: Language): Promise<unknown> {
  return (await describeResource(daemon, `${language}-thermo`))["pid"];
}

test("modules of three SDKs serve resources that depend on each other's", async (t) => {
  const { daemon, modules } = await startMachine(t);

  await t.test("every sensor answers and every motor reads its neighbour's sensor", async () => {
    for (const language of LANGUAGES) assert.equal(await celsius(daemon, `${language}-thermo`), 20 + OFFSETS[language]);
    await assertRing(daemon);
  });

  for (const { language, folder, firstRuns, firstRunMarker } of modules) {
    await t.test(`the ${language} module is started with the documented arguments, environment and folder`, async () => {
      const { argv, cwd, env } = await describeResource(daemon, `${language}-thermo`);
      const variables = env as Record<string, string>;
      assert.equal(cwd, folder);
      assert.equal(variables["VIAM_MODULE_NAME"], language);
      assert.equal(variables["VIAM_MODULE_ROOT"], folder);
      assert.equal(variables["VIAM_HOME"], daemon.home);
      assert.equal(variables["VIAM_MODULE_DATA"], path.join(daemon.home, "module-data", "local", language));
      assert.ok(existsSync(variables["VIAM_MODULE_DATA"] ?? ""));
      assert.deepEqual(argv, [variables["VIAM_MODULE_ADDRESS"]]);
      assert.equal(variables["ACME_FIRST_RUNS"], firstRuns);
    });

    await t.test(`first_run of the ${language} module ran once, before it started`, () => {
      assert.equal(readFileSync(firstRuns, "utf8"), `${language} in ${folder}\n`);
      assert.ok(existsSync(firstRunMarker), `${firstRunMarker} is not there`);
    });

    await t.test(`what the ${language} module prints and logs is in the log`, async () => {
      await command(daemon, `${language}-thermo`, { print: `print of ${language}` });
      await command(daemon, `${language}-thermo`, { log: `log of ${language}` });
      const lines = [`print of ${language} on stdout`, `print of ${language} on stderr`];
      // Python's own fifth level, which no other SDK has.
      const levels = ["info", "warning", "error", ...(language === "python" ? ["critical"] : [])];
      for (const level of levels) lines.push(`log of ${language} ${level}`);
      for (const line of lines) await eventually(line, () => daemon.logs().includes(line));
      assert.ok(!daemon.logs().includes(`log of ${language} debug`), "debug lines are off by default");
    });
  }

  await t.test("a termination signal ends every process", async () => {
    assert.equal(await daemon.stop(), 0);
  });
});

test("a changed config reaches modules of every SDK while the machine runs", async (t) => {
  const { daemon, edit } = await startMachine(t);

  for (const language of LANGUAGES) {
    await t.test(`a new attribute of a ${language} resource shows in its answers and in what depends on it`, async () => {
      const dependent = LANGUAGES.find((candidate) => nextLanguage(candidate, LANGUAGES) === language);
      const pid = await pidOf(daemon, language);
      edit({ offsets: { [language]: 50 } });
      await eventually("the new reading", async () => (await celsius(daemon, `${language}-thermo`)) === 70);
      await daemon.untilReady(resourceNames());
      assert.equal(await position(daemon, `${dependent}-winch`), 70);
      assert.equal(await pidOf(daemon, language), pid, "the module's process stays");
      edit({});
      await eventually("the old reading", async () => (await celsius(daemon, `${language}-thermo`)) === 20 + OFFSETS[language]);
    });
  }

  await t.test("a resource of ours that reconfigures in place is not built again", async () => {
    assert.equal((await describeResource(daemon, "typescript-thermo"))["builds"], 1);
  });

  await t.test("an optional dependency that appears is handed over and one that vanishes is taken away", async () => {
    const spares = async (): Promise<unknown[]> =>
      Promise.all(LANGUAGES.map(async (language) => (await describeResource(daemon, `${language}-winch`))["spare"]));
    await daemon.untilReady(resourceNames());
    assert.deepEqual(await spares(), [null, null, null]);
    edit({ more: [thermo(SPARE, "go", 9)] });
    await eventually("the spare in all three", async () => (await spares()).every((spare) => spare === 29));
    edit({});
    await eventually("no spare in all three", async () => (await spares()).every((spare) => spare === null));
    await assertRing(daemon);
  });

  for (const language of LANGUAGES) {
    await t.test(`an attribute that the ${language} model refuses costs only the resource that has it`, async () => {
      edit({ more: [thermo("late", language, "warm")] });
      const refused = await eventually("an unhealthy resource", async () => {
        const found = (await daemon.status()).resources.find((resource) => resource.name?.name === "late");
        return found?.state === ResourceStatus_State.UNHEALTHY && found;
      });
      assert.match(refused.error, /offset/i);
      await daemon.untilReady(resourceNames());
      await assertRing(daemon);
      edit({ more: [thermo("late", language, 8)] });
      await eventually("the mended resource", async () => (await celsius(daemon, "late")) === 28);
    });

    await t.test(`a ${language} resource that runs goes on with its last good attributes when the new ones are refused`, async () => {
      const name = `${language}-thermo`;
      edit({ offsets: { [language]: "warm" } });
      await eventually("a notice about it", async () => {
        const found = (await daemon.report()).resources.find((resource) => resource.name.endsWith(`/${name}`));
        return found !== undefined && /offset/i.test(found.notice);
      });
      await daemon.untilReady(resourceNames());
      assert.equal(await celsius(daemon, name), 20 + OFFSETS[language]);
      await assertRing(daemon);
      edit({});
    });
  }

  await t.test("a module that leaves the config ends and comes back with it", async () => {
    const config = machineConfig({ modules: [] });
    daemon.writeConfig(config);
    await eventually("an empty machine", async () => (await daemon.status()).modules.length === 0);
    edit({});
    await daemon.untilReady(resourceNames());
    await assertRing(daemon);
  });

  assert.equal(await daemon.stop(), 0);
});

test("a module that dies is started again with its resources and those that depend on them", async (t) => {
  const { daemon, modules } = await startMachine(t);

  for (const { language, firstRuns } of modules) {
    await t.test(`${language}, exiting by itself`, async () => {
      const pids = new Map<Language, unknown>();
      for (const each of LANGUAGES) pids.set(each, await pidOf(daemon, each));
      await command(daemon, `${language}-thermo`, { crash: 3 }).catch(() => "the call dies with the module");
      await eventually("another process", async () => {
        const pid = await pidOf(daemon, language);
        return pid !== undefined && pid !== pids.get(language);
      });
      await daemon.untilReady(resourceNames());
      await assertRing(daemon);
      for (const each of LANGUAGES) {
        if (each !== language) assert.equal(await pidOf(daemon, each), pids.get(each), `the ${each} module goes on`);
      }
      assert.equal(readFileSync(firstRuns, "utf8").split("\n").length, 2, "first_run is not repeated");
    });
  }

  assert.equal(await daemon.stop(), 0);
});

test("modules of every SDK work over TCP", async (t) => {
  const folder = tempFolder(t);
  const modules = LANGUAGES.map((language) => {
    const module = installModule(folder, language);
    return { ...module, config: { ...module.config, tcp_mode: true } };
  });
  const daemon = await startDaemon(t, { config: machineConfig({ modules }) });
  await daemon.untilReady(resourceNames());
  await assertRing(daemon);
  for (const language of LANGUAGES) {
    const { argv } = await describeResource(daemon, `${language}-thermo`);
    assert.match(String((argv as string[])[0]), /^127\.0\.0\.1:\d+$/);
    assert.ok((argv as string[]).includes("--tcp-mode"));
  }
  assert.equal(await daemon.stop(), 0);
});
