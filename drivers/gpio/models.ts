/** The models of this module, under the names that configs have for them. */
import {
  base,
  board,
  type DependencyNames,
  defineLazyModel,
  encoder,
  type Lifecycle,
  type ModelDefinition,
  motor,
  movementSensor,
  type Resource,
  type ResourceApi,
  type ResourceConfig,
  type ResourceContext,
  type StandardSchema,
  sensor,
  servo,
} from "pinion/sdk";
import type { Rig } from "./rig.js";

const BOARDS: readonly string[] = [
  "rdk:builtin:linux",
  "rdk:builtin:pi",
  "rdk:builtin:pi4",
  "rdk:builtin:pi5",
  "rdk:builtin:jetson",
  "viam:raspberry-pi:rpi",
  "viam:raspberry-pi:rpi5",
  "viam:raspberry-pi:rpi4",
  "viam:raspberry-pi:rpi3",
  "viam:raspberry-pi:rpi2",
  "viam:raspberry-pi:rpi1",
  "viam:raspberry-pi:rpi0",
  "viam:raspberry-pi:rpi0_2",
  "viam:nvidia:jetson",
];

export function createModels(rig: Rig): readonly ModelDefinition[] {
  const ultrasonic = () => import("./sensor/ultrasonic.js");
  const rpiServo = () => import("./servo/rpi-servo.js");
  return [
    ...BOARDS.map((model) => onRig(rig, board, model, () => import("./board/linux.js"))),
    onRig(rig, board, "rdk:builtin:customlinux", () => import("./board/custom.js")),
    onRig(rig, base, "rdk:builtin:wheeled", () => import("./base/wheeled.js")),
    onRig(rig, encoder, "rdk:builtin:incremental", () => import("./encoder/incremental.js")),
    onRig(rig, encoder, "rdk:builtin:single", () => import("./encoder/single.js")),
    onRig(rig, motor, "rdk:builtin:gpio", () => import("./motor/gpio-motor.js")),
    onRig(rig, motor, "rdk:builtin:gpiostepper", () => import("./motor/stepper.js")),
    onRig(rig, movementSensor, "rdk:builtin:merged", () => import("./movement/merged.js")),
    onRig(rig, movementSensor, "rdk:builtin:wheeled-odometry", () => import("./movement/wheeled-odometry.js")),
    onRig(rig, sensor, "rdk:builtin:ultrasonic", ultrasonic),
    onRig(rig, sensor, "viam:ultrasonic:sensor", ultrasonic),
    onRig(rig, servo, "rdk:builtin:gpio", () => import("./servo/gpio-servo.js")),
    onRig(rig, servo, "rdk:builtin:pi", rpiServo),
    onRig(rig, servo, "viam:raspberry-pi:rpi-servo", rpiServo),
  ];
}

interface ModelOnRig<T extends Resource, A> {
  readonly schema: StandardSchema<unknown, A>;
  readonly validate: (attributes: A, config: ResourceConfig, rig: Rig) => DependencyNames;
  readonly create: (context: ResourceContext<A>, rig: Rig) => (T & Lifecycle<A>) | Promise<T & Lifecycle<A>>;
}

function onRig<T extends Resource, A>(
  rig: Rig,
  api: ResourceApi<T>,
  model: string,
  load: () => Promise<ModelOnRig<T, A>>,
): ModelDefinition {
  return defineLazyModel<T, A>(api, model, async () => {
    const { schema, validate, create } = await load();
    return {
      schema,
      validate: (attributes, config) => validate(attributes, config, rig),
      create: (context) => create(context, rig),
    };
  });
}
