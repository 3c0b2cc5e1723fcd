/** The models of this module, each under the names that configs use. */
import {
  board,
  defineLazyModel,
  encoder,
  type Lifecycle,
  type ModelDefinition,
  movementSensor,
  powerSensor,
  type Resource,
  type ResourceApi,
  type ResourceConfig,
  type ResourceContext,
  type StandardSchema,
  sensor,
  servo,
  type ValidateOutcome,
} from "pinion/sdk";
import { createRig, type Rig } from "./rig.js";

/** What the file of a model has. */
interface RigModel<T extends Resource, A> {
  readonly schema: StandardSchema<unknown, A>;
  readonly validate: (attributes: A, config: ResourceConfig) => ValidateOutcome;
  readonly create: (context: ResourceContext<A>, rig: Rig) => Promise<T & Lifecycle<A>>;
}

export function createModels(rig: Rig = createRig()): readonly ModelDefinition[] {
  const models = <T extends Resource, A>(
    api: ResourceApi<T>,
    names: readonly string[],
    load: () => Promise<RigModel<T, A>>,
  ): readonly ModelDefinition[] =>
    names.map((name) =>
      defineLazyModel(api, name, async () => {
        const { schema, validate, create } = await load();
        return { schema, validate, create: (context: ResourceContext<A>) => create(context, rig) };
      }),
    );
  return [
    ...models(sensor, ["rdk:builtin:bme280", "viam:bosch:bme280"], () => import("./sensors/bme280.js")),
    ...models(sensor, ["pinion:i2c:bmp280"], () => import("./sensors/bmp280.js")),
    ...models(sensor, ["rdk:builtin:sensirion-sht3xd", "viam:sensirion:sht3xd"], () => import("./sensors/sht3x.js")),
    ...models(sensor, ["rdk:builtin:ds18b20"], () => import("./sensors/ds18b20.js")),
    ...models(powerSensor, ["rdk:builtin:ina219", "viam:texas-instruments:ina219"], () => import("./power/ina219.js")),
    ...models(powerSensor, ["rdk:builtin:ina226", "viam:texas-instruments:ina226"], () => import("./power/ina226.js")),
    ...models(movementSensor, ["rdk:builtin:gyro-mpu6050", "viam:tdk-invensense:mpu6050"], () => import("./movement/mpu6050.js")),
    ...models(movementSensor, ["rdk:builtin:accel-adxl345", "viam:analog-devices:adxl345"], () => import("./movement/adxl345.js")),
    ...models(encoder, ["pinion:i2c:as5600"], () => import("./encoders/as5600.js")),
    ...models(encoder, ["rdk:builtin:AMS-AS5048", "viam:ams:as5048"], () => import("./encoders/as5048.js")),
    ...models(board, ["rdk:builtin:pca9685", "viam:pca:pca9685"], () => import("./boards/pca9685.js")),
    ...models(board, ["pinion:i2c:ads1115"], () => import("./boards/ads1115.js")),
    ...models(board, ["pinion:i2c:ads1015"], () => import("./boards/ads1015.js")),
    ...models(board, ["pinion:i2c:mcp23017"], () => import("./boards/mcp23017.js")),
    ...models(servo, ["pinion:i2c:pca9685-servo"], () => import("./servos/pca9685-servo.js")),
  ];
}
