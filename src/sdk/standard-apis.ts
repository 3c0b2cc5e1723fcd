/** All APIs the SDK has, by triplet. */
import { base } from "./apis/base.js";
import { board } from "./apis/board.js";
import { button } from "./apis/button.js";
import { encoder } from "./apis/encoder.js";
import { genericComponent, genericService } from "./apis/generic.js";
import { motor } from "./apis/motor.js";
import { movementSensor } from "./apis/movement-sensor.js";
import { powerSensor } from "./apis/power-sensor.js";
import { sensor } from "./apis/sensor.js";
import { servo } from "./apis/servo.js";
import { switchComponent } from "./apis/switch.js";
import type { ResourceApi } from "./resource-api.js";

let table: ReadonlyMap<string, ResourceApi<object>> | undefined;

export function standardApis(): ReadonlyMap<string, ResourceApi<object>> {
  table ??= new Map(
    [
      base,
      board,
      button,
      encoder,
      genericComponent,
      genericService,
      motor,
      movementSensor,
      powerSensor,
      sensor,
      servo,
      switchComponent,
      // Erased: whoever asks by triplet knows the type that belongs to it.
    ].map((api) => [api.triplet, api as unknown as ResourceApi<object>]),
  );
  return table;
}
