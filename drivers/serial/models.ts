/** The models of this module: `pinion:serial:…`, and the names existing configs have for them. */
import { type Clock, type Hardware, systemClock } from "pinion/hardware";
import { defineLazyModel, type ModelDefinition, motor, movementSensor, servo } from "pinion/sdk";
import type { LineAttributes, ServoMake } from "./bus-servo/servo-attributes.js";
import { SharedPorts } from "./port/shared-ports.js";

/** `clock`: the drivers' own; ports have theirs. */
export function createModels(hardware: Hardware, clock: Clock = systemClock): readonly ModelDefinition[] {
  const ports = new SharedPorts(hardware.serial, clock);
  return [...gps(hardware, clock), ...wit(hardware, clock), ...roboclaw(ports, clock), ...busServos(ports, clock)];
}

function gps(hardware: Hardware, clock: Clock): readonly ModelDefinition[] {
  return ["rdk:builtin:gps-nmea", "viam:gps:nmea"].map((model) =>
    defineLazyModel(movementSensor, model, async () => {
      const [{ schema, validate }, { createGps }] = await Promise.all([import("./nmea/gps-attributes.js"), import("./nmea/gps.js")]);
      return { schema, validate, create: (context) => createGps(context, hardware, clock) };
    }),
  );
}

function wit(hardware: Hardware, clock: Clock): readonly ModelDefinition[] {
  const models = ["rdk:builtin:imu-wit", "rdk:builtin:imu-wit-hwt905", "viam:wit-motion:imu-wit", "viam:wit-motion:imu-wit-hwt905"];
  return models.map((model) =>
    defineLazyModel(movementSensor, model, async () => {
      const { schema, validate, createWit } = await import("./wit/wit-sensor.js");
      return { schema, validate, create: (context) => createWit(context, hardware, clock) };
    }),
  );
}

function roboclaw(ports: SharedPorts, clock: Clock): readonly ModelDefinition[] {
  return [
    defineLazyModel(motor, "rdk:builtin:roboclaw", async () => {
      const [{ schema, validate }, { createRoboclaw }] = await Promise.all([
        import("./roboclaw/roboclaw-attributes.js"),
        import("./roboclaw/roboclaw-motor.js"),
      ]);
      return { schema, validate, create: (context) => createRoboclaw(context, ports, clock) };
    }),
  ];
}

function busServos(ports: SharedPorts, clock: Clock): readonly ModelDefinition[] {
  return [
    ...busServo("pinion:serial:feetech", async () => (await import("./bus-servo/servo-attributes.js")).feetech, { ports, clock }),
    ...busServo("pinion:serial:dynamixel", async () => (await import("./bus-servo/servo-attributes.js")).dynamixel, { ports, clock }),
  ];
}

/** As a servo and as a motor. */
function busServo<L extends LineAttributes>(
  model: string,
  load: () => Promise<ServoMake<L>>,
  rig: { readonly ports: SharedPorts; readonly clock: Clock },
): readonly ModelDefinition[] {
  return [
    defineLazyModel(servo, model, async () => {
      const [{ describe, positionSchema: schema }, { validatePosition }, { createBusServo }] = await Promise.all([
        load(),
        import("./bus-servo/servo-attributes.js"),
        import("./bus-servo/bus-servo.js"),
      ]);
      return {
        schema,
        validate: (checked) => validatePosition(checked, describe(checked)),
        create: (context) => createBusServo(context, describe(context.attributes), rig),
      };
    }),
    defineLazyModel(motor, model, async () => {
      const [{ describe, wheelSchema: schema }, { validateWheel }, { createWheelMotor }] = await Promise.all([
        load(),
        import("./bus-servo/servo-attributes.js"),
        import("./bus-servo/wheel-motor.js"),
      ]);
      return {
        schema,
        validate: (checked) => validateWheel(checked, describe(checked)),
        create: (context) => createWheelMotor(context, describe(context.attributes), rig),
      };
    }),
  ];
}
