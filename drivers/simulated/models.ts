/** The models of this module: `pinion:simulated:…`, and `rdk:builtin:fake` for the configs that name it. */
import {
  base,
  board,
  button,
  encoder,
  genericComponent,
  genericService,
  type ModelDefinition,
  motor,
  movementSensor,
  powerSensor,
  sensor,
  servo,
  switchComponent,
} from "pinion/sdk";
import { arm, camera, gantry, gripper, inputController, poseTracker, vision } from "./fakes/apis.js";
import { lazyModel } from "./lazy-model.js";
import { createWorld, type World } from "./world.js";

const FAKE = "rdk:builtin:fake";

export function createModels(world: World = createWorld()): readonly ModelDefinition[] {
  return [...simulated(world), ...fakes(world)];
}

function simulated(world: World): readonly ModelDefinition[] {
  return [
    lazyModel(world, board, "pinion:simulated:board", () => import("./models/board.js")),
    lazyModel(world, button, "pinion:simulated:button", () => import("./models/button.js")),
    lazyModel(world, encoder, "pinion:simulated:encoder", () => import("./models/encoder.js")),
    lazyModel(world, motor, "pinion:simulated:motor", () => import("./models/motor.js")),
    lazyModel(world, movementSensor, "pinion:simulated:movement_sensor", () => import("./models/movement-sensor.js")),
    lazyModel(world, powerSensor, "pinion:simulated:power_sensor", () => import("./models/power-sensor.js")),
    lazyModel(world, sensor, "pinion:simulated:sensor", () => import("./models/sensor.js")),
    lazyModel(world, servo, "pinion:simulated:servo", () => import("./models/servo.js")),
    lazyModel(world, switchComponent, "pinion:simulated:switch", () => import("./models/switch.js")),
  ];
}

function fakes(world: World): readonly ModelDefinition[] {
  return [
    lazyModel(world, arm, FAKE, () => import("./fakes/arm.js")),
    lazyModel(world, base, FAKE, () => import("./fakes/base.js")),
    lazyModel(world, board, FAKE, async () => {
      const { create, fakeSchema } = await import("./models/board.js");
      return { create, schema: fakeSchema };
    }),
    lazyModel(world, button, FAKE, () => import("./models/button.js")),
    lazyModel(world, camera, FAKE, () => import("./fakes/camera.js")),
    lazyModel(world, encoder, FAKE, () => import("./models/encoder.js")),
    lazyModel(world, gantry, FAKE, () => import("./fakes/gantry.js")),
    lazyModel(world, genericComponent, FAKE, () => import("./models/generic.js")),
    lazyModel(world, genericService, FAKE, () => import("./models/generic.js")),
    lazyModel(world, gripper, FAKE, () => import("./fakes/gripper.js")),
    lazyModel(world, inputController, FAKE, () => import("./fakes/input-controller.js")),
    lazyModel(world, motor, FAKE, () => import("./models/motor.js")),
    lazyModel(world, movementSensor, FAKE, () => import("./models/movement-sensor.js")),
    lazyModel(world, poseTracker, FAKE, () => import("./fakes/pose-tracker.js")),
    lazyModel(world, powerSensor, FAKE, () => import("./models/power-sensor.js")),
    lazyModel(world, sensor, FAKE, async () => ({ create: (await import("./models/sensor.js")).createFake })),
    lazyModel(world, servo, FAKE, async () => {
      const { create, fakeSchema, validate } = await import("./models/servo.js");
      return { create, schema: fakeSchema, validate };
    }),
    lazyModel(world, switchComponent, FAKE, () => import("./models/switch.js")),
    lazyModel(world, vision, FAKE, () => import("./fakes/vision.js")),
  ];
}
