/** The official clients, unmodified, against a machine with modules of three SDKs. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MotorServiceDefinition } from "../../src/proto/gen/viam/component/motor/v1/motor.js";
import { eventually } from "../support/eventually.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";
import { CLIENTS, type ClientName, runClient, startClient } from "./support/client-programs.js";
import { installModule, LANGUAGES, nextLanguage, OFFSETS } from "./support/languages.js";
import { DIAL_API, machineConfig, resourceNames, THERMO_API, WINCH_API } from "./support/machine.js";
import { command } from "./support/robot.js";

const VISION = ["elbow", "eye", "watcher"];

async function startMachine(t: TestContext, port?: number): Promise<Daemon> {
  const folder = tempFolder(t);
  const modules = LANGUAGES.map((language) => installModule(folder, language));
  const daemon = await startDaemon(t, { config: machineConfig({ modules, hasVision: true }), ...(port === undefined ? {} : { port }) });
  await daemon.untilReady([...resourceNames(), ...VISION]);
  return daemon;
}

/** What all clients print alike. */
interface Tour {
  readonly names: readonly string[];
  readonly status: { readonly isRunning: boolean; readonly ready: readonly string[] };
  readonly version: { readonly platform: string; readonly version: string; readonly apiVersion: string };
  readonly models: number;
  readonly [more: string]: unknown;
}

const NAMES = [
  ...LANGUAGES.flatMap((language) => [
    `${DIAL_API}/${language}-dial`,
    `${WINCH_API}/${language}-winch`,
    `${THERMO_API}/${language}-thermo`,
  ]),
  "rdk:component:arm/elbow",
  "rdk:component:camera/eye",
  "rdk:service:vision/watcher",
].toSorted();

function perLanguage<T>(value: (language: (typeof LANGUAGES)[number]) => T): Record<string, T> {
  return Object.fromEntries(LANGUAGES.map((language) => [language, value(language)]));
}

function gaugeOf(base: number): unknown {
  return { measure: [base, "C"], watch: [base, base + 1, base + 2], record: [3, 6.5], calibrate: [base - 20, base - 25] };
}

async function isPowered(daemon: Daemon, name: string): Promise<boolean> {
  return (await daemon.client(MotorServiceDefinition).isPowered({ name }, { timeout: 5000 })).isOn;
}

test("official clients use a machine with modules of three SDKs", async (t) => {
  const daemon = await startMachine(t);

  for (const client of CLIENTS) {
    await t.test(`${client}: resources, commands, motors, a custom API, operations, status and stopping`, async () => {
      const tour = (await runClient(client, "tour", daemon.address, LANGUAGES)) as Tour;
      assert.deepEqual(tour.names, NAMES);
      assert.deepEqual(
        tour["readings"],
        perLanguage((language) => 20 + OFFSETS[language]),
      );
      assert.deepEqual(
        tour["echoes"],
        perLanguage(() => ({ echo: { text: "Grüße", list: [1.5, true] } })),
      );
      assert.deepEqual(
        tour["motors"],
        perLanguage((language) => ({ on: [true, 0.5], position: 20 + OFFSETS[nextLanguage(language, LANGUAGES)], off: [false, 0] })),
      );
      assert.deepEqual(
        tour["gauges"],
        perLanguage((language) => gaugeOf(20 + OFFSETS[language])),
      );
      assert.deepEqual(tour["stopAll"], [false, 0]);
      assert.equal(tour.status.isRunning, true);
      assert.deepEqual(
        tour.status.ready.filter((name) => !name.startsWith("rdk-internal:")),
        NAMES,
      );
      assert.equal(tour.version.platform, "rdk");
      assert.match(tour.version.version, /^v?\d+\.\d+\.\d+$/);
      assert.match(tour.version.apiVersion, /^v\d+\.\d+\.\d+$/);
      assert.ok(tour.models >= 3 * LANGUAGES.length);
      assert.ok(tour["missing"], "a resource that is not there is an error");
      if (client === "typescript") {
        assert.equal((tour.status as { hasConfig?: boolean }).hasConfig, true);
        assert.equal((tour["services"] as Record<string, string>)["gauge"], "acme.gauge.v1.GaugeService");
      }
      // The Go client has no way to ask for operations.
      if (client === "go") return;
      const outcome = client === "python" ? "CANCELLED" : 1;
      assert.deepEqual(tour["operation"], { method: "/viam.component.sensor.v1.SensorService/DoCommand", outcome });
    });
  }

  await t.test("typescript: an arm, a camera with a picture of 1 MiB and a vision service", async () => {
    assert.deepEqual(await runClient("typescript", "vision", daemon.address), {
      joints: [[0], [45]],
      end: 45,
      isMoving: false,
      images: [["eye", "image/jpeg", 1 << 20]],
      hasMetadata: true,
      frameRate: 30,
      detections: ["eye"],
      captured: [1 << 20, 1],
      properties: true,
    });
  });

  await t.test("typescript: a client that brings an API key is welcome where none is needed", async () => {
    assert.deepEqual(await runClient("typescript", "credentials", daemon.address), NAMES);
  });

  await t.test("the port answers plain HTTP too", async () => {
    const response = await fetch(`http://${daemon.address}/`);
    assert.equal(response.status, 200);
  });

  // The TypeScript client never starts a session by itself.
  for (const client of ["python", "go"] satisfies ClientName[]) {
    await t.test(`${client}: a motor stops when the client that set its power is gone`, async () => {
      for (const language of LANGUAGES) {
        const winch = `${language}-winch`;
        const holder = startClient(t, client, "hold", daemon.address, [winch]);
        await holder.untilLine(/^holding$/);
        assert.equal((await command(daemon, winch, { describe: true }))["power"], 0.5);
        holder.kill();
        await eventually("a stopped motor", async () => !(await isPowered(daemon, winch)), 8000);
      }
    });

    await t.test(`${client}: a motor goes on while its client stays`, async () => {
      const holder = startClient(t, client, "hold", daemon.address, ["go-winch"]);
      await holder.untilLine(/^holding$/);
      // Longer than the heartbeat window, which is two seconds.
      for (const end = performance.now() + 3000; performance.now() < end; await delay(100)) {
        assert.ok(await isPowered(daemon, "go-winch"));
      }
      holder.kill();
      await eventually("a stopped motor", async () => !(await isPowered(daemon, "go-winch")), 8000);
    });
  }

  await t.test("python: a connected client reads on after the module behind its sensor died", async () => {
    const client = startClient(t, "python", "stay", daemon.address, ["go-thermo"]);
    await client.untilLine(/celsius/);
    await command(daemon, "go-thermo", { crash: 1 }).catch(() => "the call dies with the module");
    // The new process counts from one again.
    await client.untilLine(/"count": 1(\.0)?[,}]/);
    client.kill();
  });

  assert.equal(await daemon.stop(), 0);
});

test("a client that lost the machine finds it again when it is back", async (t) => {
  const first = await startMachine(t);
  const client = startClient(t, "typescript", "events", first.address);
  await client.untilLine(/^connected$/);
  await first.stop();
  await client.untilLine(/^disconnected$/);
  const second = await startMachine(t, first.port);
  await client.untilLine(/^connected$/);
  client.kill();
  assert.equal(await second.stop(), 0);
});
