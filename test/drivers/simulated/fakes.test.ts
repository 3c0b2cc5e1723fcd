/** The fakes, those of APIs that the SDK does not have among them, as clients see them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { base, isRpcError, Status } from "pinion/sdk";
import { arm, camera, gantry, gripper, inputController, poseTracker, vision } from "../../../drivers/simulated/fakes/apis.js";
import { eventually } from "../../support/eventually.js";
import { startSimulated } from "./simulated-module.js";

const model = "rdk:builtin:fake";

test("an arm has one joint at 0 and reads back where it was moved", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const joints = await module.add({ api: arm, model, name: "a" });
  assert.deepEqual((await joints.getJointPositions({})).positions, { values: [0] });
  const { pose } = await joints.getEndPosition({});
  assert.deepEqual([pose.x, pose.y, pose.z], [300, 0, 0]);
  const moving = joints.moveToJointPositions({ positions: { values: [90] } });
  await untilBusy();
  assert.equal((await joints.isMoving({})).isMoving, true);
  await clock.pass(1);
  await moving;
  assert.equal((await joints.isMoving({})).isMoving, false);
  assert.deepEqual((await joints.getJointPositions({})).positions, { values: [90] });
  const { pose: moved } = await joints.getEndPosition({});
  assert.deepEqual([Math.round(moved.x), Math.round(moved.y), moved.theta], [0, 300, 90]);
  await assert.rejects(
    joints.moveToJointPositions({ positions: { values: [1, 2] } }),
    (error) => isRpcError(error, Status.INVALID_ARGUMENT) && /expected 1 values.*got 2/.test(error.message),
  );
});

test("an arm goes through positions in turn, can be stopped, and takes a pose for its end", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const joints = await module.add({ api: arm, model, name: "a", attributes: { "arm-model": "ur5e", speed_degs_per_sec: 10 } });
  const all = (value: number): { values: number[] } => ({ values: Array.from({ length: 6 }, () => value) });
  const moving = joints.moveThroughJointPositions({ positions: [all(20), all(-20)] });
  await untilBusy();
  await clock.pass(3);
  assert.deepEqual((await joints.getJointPositions({})).positions, all(10));
  await joints.stop({});
  await moving;
  await clock.pass(30);
  assert.deepEqual((await joints.getJointPositions({})).positions, all(10));
  const to = { x: 1, y: 2, z: 3, oX: 0, oY: 1, oZ: 0, theta: 5 };
  await joints.moveToPosition({ to });
  assert.deepEqual((await joints.getEndPosition({})).pose, to);
  const { format, kinematicsData } = await joints.getKinematics({});
  assert.equal(format, "KINEMATICS_FILE_FORMAT_SVA");
  assert.equal(JSON.parse(Buffer.from(kinematicsData).toString()).joints.length, 6);
});

test("an input controller does what TriggerEvent says and tells those who listen", async (t) => {
  const { module } = await startSimulated(t);
  const pad = await module.add({ api: inputController, model, name: "i" });
  assert.deepEqual(await pad.getControls({}), { controls: ["AbsoluteX", "ButtonStart"] });
  const { events } = await pad.getEvents({});
  assert.deepEqual(events, [
    { time: { seconds: 1000n, nanos: 0 }, event: "Connect", control: "AbsoluteX", value: 0 },
    { time: { seconds: 1000n, nanos: 0 }, event: "Connect", control: "ButtonStart", value: 0 },
  ]);
  const seen: string[] = [];
  const stop = new AbortController();
  const listening = (async () => {
    const stream = pad.streamEvents({ events: [{ control: "ButtonStart", events: ["ButtonChange"] }] }, { signal: stop.signal });
    for await (const { event } of stream) seen.push(`${event.control} ${event.event} ${event.value}`);
  })();
  const press = { event: "ButtonPress", control: "ButtonStart", value: 1 };
  // Nothing says that the stream listens, so the button is pressed until it does.
  await eventually("the stream tells of the button", async () => {
    await pad.triggerEvent({ event: { event: "PositionChangeAbs", control: "AbsoluteX", value: 0.5 } });
    await pad.triggerEvent({ event: press });
    return seen.length > 0;
  });
  assert.equal(seen[0], "ButtonStart ButtonPress 1");
  assert.ok(seen.every((line) => line.startsWith("ButtonStart")));
  stop.abort();
  await assert.rejects(listening, (error) => isRpcError(error, Status.CANCELLED));
  await assert.rejects(
    pad.triggerEvent({ event: { ...press, control: "ButtonX" } }),
    (error) => isRpcError(error, Status.INVALID_ARGUMENT) && /AbsoluteX or ButtonStart, got "ButtonX"/.test(error.message),
  );
});

test("a camera's pictures are whole, stamped, and move", async (t) => {
  const { module, clock } = await startSimulated(t);
  const eye = await module.add({ api: camera, model, name: "c", attributes: { width: 64, height: 48 } });
  const { images, responseMetadata } = await eye.getImages({ filterSourceNames: [] });
  assert.equal(images.length, 1);
  const [picture] = images;
  assert.ok(picture);
  assert.deepEqual([picture.sourceName, picture.mimeType], ["color", "image/png"]);
  assert.equal(responseMetadata.capturedAt.seconds, 1000n);
  const png = Buffer.from(picture.image);
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [64, 48]);
  const length = png.readUInt32BE(33);
  assert.equal(inflateSync(png.subarray(41, 41 + length)).length, 48 * (1 + 64 * 3));
  assert.equal(png.subarray(-8).toString("hex"), "49454e44ae426082", "the end has its known checksum");
  await clock.pass(1);
  const { image } = await eye.getImage({});
  assert.notDeepEqual(Buffer.from(image), png);
  assert.deepEqual((await eye.getImages({ filterSourceNames: ["color"] })).images.length, 1);
  await assert.rejects(eye.getImages({ filterSourceNames: ["depth"] }), /expected "color", got "depth"/);
  const { supportsPcd, intrinsicParameters, mimeTypes } = await eye.getProperties({});
  assert.deepEqual([supportsPcd, intrinsicParameters.widthPx, intrinsicParameters.centerYPx, mimeTypes], [true, 64, 24, ["image/png"]]);
  const { pointCloud } = await eye.getPointCloud({});
  const [header = "", points = ""] = Buffer.from(pointCloud).toString().split("DATA ascii\n");
  assert.match(header, /POINTS 441\n/);
  assert.equal(points.trim().split("\n").length, 441);
});

test("a vision service sees something through the module's cameras and names them when asked for another", async (t) => {
  const { module } = await startSimulated(t);
  await module.add({ api: camera, model, name: "c" });
  const sight = await module.add({ api: vision, model, name: "v", attributes: { default_camera: "c" } });
  const expected = { xMin: 80n, yMin: 60n, xMax: 240n, yMax: 180n, confidence: 0.92, className: "a_detection" };
  const { detections } = await sight.getDetectionsFromCamera({ cameraName: "c" });
  assert.equal(detections.length, 1);
  for (const [key, value] of Object.entries(expected)) assert.equal(Reflect.get(detections[0] ?? {}, key), value);
  assert.equal((await sight.getClassificationsFromCamera({ cameraName: "", n: 3 })).classifications.length, 1);
  const all = { cameraName: "c", returnImage: true, returnClassifications: true, returnDetections: true };
  const { image, classifications = [], detections: seen = [] } = await sight.captureAllFromCamera(all);
  assert.equal(image?.mimeType, "image/png");
  assert.deepEqual([classifications.length, seen.length], [1, 1]);
  const { detectionsSupported, objectPointCloudsSupported, defaultCamera } = await sight.getProperties({});
  assert.deepEqual([detectionsSupported, objectPointCloudsSupported, defaultCamera], [true, false, "c"]);
  await assert.rejects(
    sight.getDetectionsFromCamera({ cameraName: "x" }),
    (error) => isRpcError(error, Status.NOT_FOUND) && /no fake camera "x".*camera\/c/.test(error.message),
  );
});

test("a base is where it was sent, and moves from a speed until it is stopped", async (t) => {
  const { module } = await startSimulated(t);
  const wheels = await module.add({ api: base, model, name: "b" });
  await wheels.spin(90, 45);
  await wheels.moveStraight(500, -100);
  const { x_mm: x, y_mm: y, heading_deg: heading } = await wheels.getStatus();
  assert.deepEqual([Math.round(Number(x)), Math.round(Math.abs(Number(y))), heading], [500, 0, 90]);
  await wheels.setVelocity({ x: 0, y: 100, z: 0 }, { x: 0, y: 0, z: 0 });
  assert.equal(await wheels.isMoving(), true);
  await wheels.stop();
  assert.equal(await wheels.isMoving(), false);
  assert.ok((await wheels.getProperties()).width > 0);
});

test("a gantry moves within its lengths, a gripper holds what it grabbed, a pose tracker sees a body", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const slides = await module.add({ api: gantry, model, name: "g", attributes: { lengths_mm: [100, 200] } });
  const moving = slides.moveToPosition({ positionsMm: [100, 50], speedsMmPerSec: [50, 50] });
  await untilBusy();
  await clock.pass(1);
  assert.deepEqual((await slides.getPosition({})).positionsMm, [50, 50]);
  await clock.pass(1);
  await moving;
  assert.deepEqual((await slides.getPosition({})).positionsMm, [100, 50]);
  await assert.rejects(slides.moveToPosition({ positionsMm: [0, 201], speedsMmPerSec: [] }), /positions_mm\[1\].*0 to 200, got 201/);
  const hand = await module.add({ api: gripper, model, name: "h" });
  assert.equal((await hand.grab({})).success, true);
  assert.equal((await hand.isHoldingSomething({})).isHoldingSomething, true);
  await hand.open({});
  assert.equal((await hand.isHoldingSomething({})).isHoldingSomething, false);
  const tracker = await module.add({ api: poseTracker, model, name: "p" });
  const { bodyPoses } = await tracker.getPoses({ bodyNames: [] });
  assert.equal(bodyPoses["body1"]?.referenceFrame, "p");
  assert.deepEqual((await tracker.getPoses({ bodyNames: ["other"] })).bodyPoses, {});
});
