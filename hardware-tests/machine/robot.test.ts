/** A whole robot on the kernel's own interfaces, through the supervisor, driven by the official Python client. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../../test/support/eventually.js";
import { type Daemon, startDaemon } from "../../test/support/start-daemon.js";
import { HEADER_CHIP } from "../board/board-rig.js";
import { SimChip } from "../board/gpio-sim.js";
import { I2cStub } from "../board/i2c-stub.js";
import { PtyPeer } from "../board/pty-peer.js";
import { assertNear } from "../near.js";
import { BOSCH, FIX, fillBosch, fillIna219, INA } from "../vectors.js";
import { OfficialClient } from "./support/official-client.js";
import { DriveTrain } from "./support/programs.js";
import { AIR, BATTERY, BOARD, ENCODER, gps, LINES, MOTOR } from "./support/robot.js";

const PORT = "/tmp/gps";

describe("a robot through the supervisor and the official client", () => {
  const cleanups: (() => unknown)[] = [];
  const scope = { after: (action: () => unknown) => void cleanups.push(action) } as Parameters<typeof startDaemon>[0];
  const chip = SimChip.find(HEADER_CHIP);
  let daemon: Daemon;
  let client: OfficialClient;
  let train: DriveTrain;
  let receiver: PtyPeer;
  let fixes: NodeJS.Timeout;

  before(async () => {
    const stub = I2cStub.find();
    fillBosch(stub, 0x76, "bme280");
    fillIna219(stub, 0x40);
    receiver = await PtyPeer.plug(PORT);
    fixes = setInterval(() => void receiver.write(Buffer.from(FIX)).catch(() => undefined), 200);
    train = await DriveTrain.start(scope, { motor: LINES.motor, encoder: LINES.encoder }, 100);
    daemon = await startDaemon(scope, { config: { components: [BOARD, ENCODER, MOTOR, AIR, BATTERY, gps(PORT)] } });
    await daemon.untilReady(["pi", "wheel-encoder", "wheel", "air", "battery", "gps"], 60_000);
    client = await OfficialClient.connect(scope, daemon.address);
  });
  after(async () => {
    clearInterval(fixes);
    await receiver.unplug();
    const code = await daemon.stop();
    for (const clean of cleanups.toReversed()) await clean();
    assert.equal(code, 0);
  });

  test("a pin of the board is set and read", async () => {
    await client.call("set_pin", "pi", "36", true);
    assert.equal(chip.level(16), true);
    await client.call("set_pin", "pi", "36", false);
    assert.equal(chip.level(16), false);
    chip.drive(20, true);
    assert.equal(await client.call("get_pin", "pi", "38"), true);
    chip.drive(20, false);
    assert.equal(await client.call("get_pin", "pi", "38"), false);
  });

  test("both I2C sensors read what their chips hold", async () => {
    const readings = await client.call<Record<string, number>>("readings", "air");
    assertNear(readings["temperature_celsius"], BOSCH.celsius, 1e-4);
    assertNear(readings["relative_humidity_pct"], BOSCH.humidity, 1e-4);
    const [volts, amperes, watts] = await client.call<number[]>("power", "battery");
    assertNear(volts, INA.volts, 1e-6);
    assertNear(amperes, INA.amperes, 1e-6);
    assertNear(watts, INA.watts, 1e-4);
  });

  test("the GPS knows where it is", async () => {
    const [latitude, longitude, altitude] = await eventually("a fix", () => client.call<number[]>("position", "gps"));
    assertNear(latitude, 48.1173, 1e-6);
    assertNear(longitude, 11.516667, 1e-6);
    assertNear(altitude, 545.4, 0.01);
  });

  test("the motor turns, and its encoder counts every step of the shaft", async () => {
    await client.call("set_power", "wheel", 1);
    await eventually("some turning", async () => (await train.where()) > 60);
    assert.deepEqual(await client.call("is_powered", "wheel"), [true, 1]);
    await client.call("stop", "wheel");
    const ticks = await standstill(train);
    assert.deepEqual(
      LINES.motor.map((line) => chip.level(line)),
      [false, false, false],
    );
    assert.equal(await client.call("encoder_position", "wheel-encoder"), ticks >> 1);
  });

  test("goes for a revolution and back, by its encoder", async () => {
    const position = (): Promise<number> => client.call<number>("motor_position", "wheel");
    const from = await position();
    await client.call("go_for", "wheel", 40, 1);
    assertNear((await position()) - from, 1, 0.35);
    await client.call("go_for", "wheel", -40, 1);
    assertNear((await position()) - from, 0, 0.5);
    assert.deepEqual(await client.call("is_powered", "wheel"), [false, 0]);
  });

  test("a GPS that is pulled out says so, and knows where it is again when it is back", async () => {
    await receiver.unplug();
    const said = await eventually("an error that names the port", async () => {
      const failed = await client.call("position", "gps").catch((error: unknown) => String(error));
      return typeof failed === "string" && failed.includes(PORT) ? failed : undefined;
    });
    assert.match(said, /not connected|unplugged|gone|SERIAL_NOT_CONNECTED/i);
    await receiver.replug();
    const [latitude] = await eventually("a fix", () => client.call<number[]>("position", "gps").catch(() => undefined), 20_000);
    assertNear(latitude, 48.1173, 1e-6);
  });

  test("an I2C chip that vanishes is missed, and read again when it is back with its configuration lost", async () => {
    const stub = I2cStub.find();
    stub.setAbsent(0x76, true);
    const said = await eventually("an error that names the chip", async () => {
      const failed = await client.call("readings", "air").catch((error: unknown) => String(error));
      return typeof failed === "string" && /0x76/.test(failed) ? failed : undefined;
    });
    assert.match(said, /i2c-1/);
    stub.setAbsent(0x76, false);
    stub.setBytes(0x76, 0xf2, 0, 0, 0, 0);
    fillBosch(stub, 0x76, "bme280");
    const readings = await eventually(
      "readings",
      () => client.call<Record<string, number>>("readings", "air").catch(() => undefined),
      20_000,
    );
    assertNear(readings["temperature_celsius"], BOSCH.celsius, 1e-4);
    assert.equal(stub.byte(0x76, 0xf4) & 0x03, 3, "it measures again");
  });
});

/** Where the shaft stands when it has come to rest. */
async function standstill(train: DriveTrain): Promise<number> {
  let before = await train.where();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const now = await train.where();
    if (now === before) return now;
    before = now;
  }
}
