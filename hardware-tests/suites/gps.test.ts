/** The GPS driver on a serial port with a scripted receiver. */
import { after, before, describe, type TestContext, test } from "node:test";
import { createModels } from "../../drivers/serial/models.js";
import { movementSensor } from "../../src/sdk/index.js";
import { startTestModule } from "../../src/sdk/testing.js";
import { eventually } from "../../test/support/eventually.js";
import { assertNear } from "../near.js";
import { openRig, type Rig, type SerialPeer } from "../rig.js";
import { FIX } from "../vectors.js";

describe("GPS on a serial port", () => {
  let rig: Rig;

  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  const plug = async (t: TestContext): Promise<SerialPeer | undefined> => {
    if (rig.serial !== undefined && !rig.serial.isLoop) return await rig.serial.plug();
    t.skip("needs a receiver that says what the test wants: npm run test:board");
    return undefined;
  };

  test("position, altitude and speed of the example that everybody has", async (t) => {
    const receiver = await plug(t);
    if (receiver === undefined) return;
    const module = await startTestModule({ models: createModels(rig.hardware) }, t);
    const attributes = { connection_type: "serial", serial_attributes: { serial_path: receiver.port, serial_baud_rate: 9600 } };
    const gps = await module.add({ api: movementSensor, model: "rdk:builtin:gps-nmea", name: "gps", attributes });
    const position = await eventually("a fix", async () => {
      await receiver.write(Buffer.from(FIX));
      return await gps.getPosition().catch(() => undefined);
    });
    assertNear(position.latitude, 48.1173, 1e-6);
    assertNear(position.longitude, 11.516667, 1e-6);
    // 22.4 knots to 84.4 degrees.
    const { x, y } = await gps.getLinearVelocity();
    assertNear(Math.hypot(x, y), 11.5235, 0.01);
  });

  test("a sentence with a wrong checksum moves nothing", async (t) => {
    const receiver = await plug(t);
    if (receiver === undefined) return;
    const module = await startTestModule({ models: createModels(rig.hardware) }, t);
    const attributes = { connection_type: "serial", serial_attributes: { serial_path: receiver.port, serial_baud_rate: 9600 } };
    const gps = await module.add({ api: movementSensor, model: "rdk:builtin:gps-nmea", name: "gps", attributes });
    await eventually("a fix", async () => {
      await receiver.write(Buffer.from(FIX));
      return await gps.getPosition().catch(() => undefined);
    });
    await receiver.write(Buffer.from(FIX.replaceAll("4807.038", "5807.038").replace("545.4", "645.4")));
    // A good one after it, which has no altitude: once its place is there, the wrong ones have been dealt with.
    await receiver.write(Buffer.from("$GPRMC,123520,A,4907.038,N,01131.000,E,022.4,084.4,230394,003.1,W*61\r\n"));
    const { latitude, altitude } = await eventually("another place", async () => {
      const position = await gps.getPosition();
      return position.latitude > 49 ? position : undefined;
    });
    assertNear(latitude, 49.1173, 1e-6);
    assertNear(altitude, 545.4, 0.01);
  });
});
