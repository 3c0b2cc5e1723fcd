/** The public API for module authors. */

export type { Frame } from "../proto/gen/viam/app/v1/robot.js";
export type { Geometry, Pose } from "../proto/gen/viam/common/v1/common.js";
export { isRpcError, RpcError, Status } from "../proto/status-code.js";
export type { HardwareClaim, HardwareItem, HardwareNeeds, PinMeaning, SafeAction } from "../resource/hardware-needs.js";
export { type Base, type BaseProperties, base } from "./apis/base.js";
export { type AnalogReading, type Board, board, type PowerMode, type Tick } from "./apis/board.js";
export { type Button, button } from "./apis/button.js";
export { type Encoder, type EncoderPosition, type EncoderProperties, type EncoderUnit, encoder } from "./apis/encoder.js";
export { type GenericComponent, type GenericService, genericComponent, genericService } from "./apis/generic.js";
export { type Motor, type MotorPower, type MotorProperties, motor } from "./apis/motor.js";
export {
  type GeoPosition,
  type MovementAccuracy,
  type MovementProperties,
  type MovementSensor,
  movementSensor,
  type OrientationVector,
  type Vector3,
} from "./apis/movement-sensor.js";
export { type Current, type PowerSensor, powerSensor, type Voltage } from "./apis/power-sensor.js";
export { type Sensor, sensor } from "./apis/sensor.js";
export { type Servo, servo } from "./apis/servo.js";
export { type Switch, type SwitchPositions, switchComponent } from "./apis/switch.js";
export { type CustomApiOptions, type CustomCallOptions, type CustomResource, defineApi } from "./custom-api.js";
export type { Dependencies } from "./dependencies.js";
export { failedPrecondition, invalidArgument, notFound, unavailable, unimplemented } from "./errors.js";
export { defineLazyModel, type ModelCode } from "./lazy-model.js";
export type { Lifecycle, ReconfigureOutcome } from "./lifecycle.js";
export { type DependencyNames, defineModel, type ModelDefinition, type ModelOptions, type ValidateOutcome } from "./model.js";
export { ModuleServer, type ModuleServerOptions } from "./module-server.js";
export type { CallOptions, Handle, Resource, Values } from "./resource.js";
export type { ResourceApi } from "./resource-api.js";
export type { ResourceConfig, ResourceContext } from "./resource-context.js";
export type { LogFields, ResourceLogger } from "./resource-logger.js";
export { type RunModuleOptions, runModule } from "./run-module.js";
export type { SchemaIssue, SchemaOutput, StandardSchema } from "./standard-schema.js";
export { TickFeed, type TickFeedOptions } from "./tick-feed.js";
