import assert from "node:assert/strict";
import test from "node:test";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { startServer } from "./support/start-server.js";

const POSE = { x: 0, y: 0, z: 0, oX: 0, oY: 0, oZ: 1, theta: 0 };

test("the frame system of the config is served, with transforms the caller adds", async (t) => {
  const machine = await startServer(t);
  machine.frames.push(
    {
      name: "rdk:component:base/wheels",
      frame: { parent: "world", translation: { x: 1, y: 2, z: 3 }, geometry: { type: "box", x: 9, y: 9, z: 9 } },
    },
    { name: "rdk:component:sensor/plain" },
    { name: "rdk:component:camera/eye", frame: { parent: "wheels", translation: { x: 10 } } },
  );
  const channel = openChannel(machine.target);
  t.after(() => channel.close());
  const robot = createClient(RobotServiceDefinition, channel);
  const { frameSystemConfigs } = await robot.frameSystemConfig({ supplementalTransforms: [] });
  assert.deepEqual(
    frameSystemConfigs.map(({ frame }) => [
      frame?.referenceFrame,
      frame?.poseInObserverFrame?.referenceFrame,
      frame?.poseInObserverFrame?.pose?.x,
    ]),
    [
      ["wheels", "world", 1],
      ["eye", "wheels", 10],
    ],
  );
  assert.equal(frameSystemConfigs[0]?.frame?.physicalObject?.geometryType?.$case, "box");
  const { pose } = await robot.getPose({ componentName: "eye", destinationFrame: "", supplementalTransforms: [] });
  assert.deepEqual([pose?.referenceFrame, pose?.pose?.x, pose?.pose?.z], ["world", 11, 3]);
  const marker = {
    referenceFrame: "marker",
    poseInObserverFrame: { referenceFrame: "eye", pose: { ...POSE, x: 100 } },
    uuid: new Uint8Array(0),
  };
  const transformed = await robot.transformPose({
    source: { referenceFrame: "marker", pose: POSE },
    destination: "wheels",
    supplementalTransforms: [marker],
  });
  assert.equal(transformed.pose?.pose?.x, 110);
  await assert.rejects(robot.getPose({ componentName: "plain", destinationFrame: "", supplementalTransforms: [] }), {
    code: 2,
    message: /no frame "plain"/,
  });
  await assert.rejects(robot.transformPCD({ pointCloudPcd: Buffer.from("x"), source: "eye", destination: "" }), {
    code: 2,
    message: /PCD header/,
  });
});
