/** Movement sensor on the wire. */
import { MovementSensorServiceDefinition } from "../../proto/gen/viam/component/movementsensor/v1/movementsensor.js";
import type { ServiceClient, ServiceHandlers } from "../../proto/service.js";
import { toValueMap } from "../../proto/struct.js";
import type { MovementProperties, MovementSensor, Vector3 } from "../apis/movement-sensor.js";
import { unimplemented } from "../errors.js";
import type { CallOptions, Handle, Values } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const movementSensorAdapter: ApiAdapter<MovementSensor> = createAdapter<MovementSensor, MovementSensorServiceDefinition>({
  definition: MovementSensorServiceDefinition,
  defaults,
  handlers,
  client,
});

function defaults(resource: MovementSensor): Partial<MovementSensor> {
  // Official clients look for the texts that Viam's own sensors have here.
  const missing = (text: string) => (): Promise<never> => Promise.reject(unimplemented(text));
  return {
    ...commonDefaults("movement sensor"),
    getLinearVelocity: missing("LinearVelocity Unimplemented"),
    getAngularVelocity: missing("AngularVelocity Unimplemented"),
    getLinearAcceleration: missing("linear acceleration unimplemented"),
    getCompassHeading: missing("CompassHeading Unimplemented"),
    getOrientation: missing("Orientation Unimplemented"),
    getPosition: missing("Position Unimplemented"),
    getAccuracy: () => Promise.resolve({}),
    getProperties: () => Promise.resolve(propertiesOf(resource)),
    getReadings: (options) => readingsOf(resource, options),
  };
}

function propertiesOf(resource: MovementSensor): MovementProperties {
  return {
    linearVelocitySupported: resource.getLinearVelocity !== undefined,
    angularVelocitySupported: resource.getAngularVelocity !== undefined,
    orientationSupported: resource.getOrientation !== undefined,
    positionSupported: resource.getPosition !== undefined,
    compassHeadingSupported: resource.getCompassHeading !== undefined,
    linearAccelerationSupported: resource.getLinearAcceleration !== undefined,
  };
}

// The names and `_type` marks are those that official clients turn back into typed values.
async function readingsOf(resource: MovementSensor, options: CallOptions | undefined): Promise<Values> {
  const can = (await resource.getProperties?.(options)) ?? propertiesOf(resource);
  const position = can.positionSupported ? await resource.getPosition?.(options) : undefined;
  const linear = can.linearVelocitySupported ? await resource.getLinearVelocity?.(options) : undefined;
  const acceleration = can.linearAccelerationSupported ? await resource.getLinearAcceleration?.(options) : undefined;
  const angular = can.angularVelocitySupported ? await resource.getAngularVelocity?.(options) : undefined;
  const orientation = can.orientationSupported ? await resource.getOrientation?.(options) : undefined;
  return {
    position: position && { _type: "geopoint", lat: position.latitude, lng: position.longitude },
    altitude: position?.altitude,
    linear_velocity: linear && { _type: "vector3", ...vector(linear) },
    linear_acceleration: acceleration && { _type: "vector3", ...vector(acceleration) },
    angular_velocity: angular && { _type: "angular_velocity", ...vector(angular) },
    compass: can.compassHeadingSupported ? await resource.getCompassHeading?.(options) : undefined,
    orientation: orientation && {
      _type: "orientation_vector_degrees",
      ox: orientation.x,
      oy: orientation.y,
      oz: orientation.z,
      theta: orientation.theta,
    },
  };
}

function handlers(find: (name: string) => Handle<MovementSensor>): ServiceHandlers<MovementSensorServiceDefinition> {
  return {
    ...commonHandlers(find),
    getLinearVelocity: async ({ name, extra }, context) => ({
      linearVelocity: vector(await find(name).getLinearVelocity(received(context, extra))),
    }),
    getAngularVelocity: async ({ name, extra }, context) => ({
      angularVelocity: vector(await find(name).getAngularVelocity(received(context, extra))),
    }),
    getLinearAcceleration: async ({ name, extra }, context) => ({
      linearAcceleration: vector(await find(name).getLinearAcceleration(received(context, extra))),
    }),
    getCompassHeading: async ({ name, extra }, context) => ({ value: await find(name).getCompassHeading(received(context, extra)) }),
    getOrientation: async ({ name, extra }, context) => {
      const { x, y, z, theta } = await find(name).getOrientation(received(context, extra));
      return { orientation: { oX: x, oY: y, oZ: z, theta } };
    },
    getPosition: async ({ name, extra }, context) => {
      const { latitude, longitude, altitude } = await find(name).getPosition(received(context, extra));
      return { coordinate: { latitude, longitude }, altitudeM: altitude };
    },
    getProperties: async ({ name, extra }, context) => ({ ...(await find(name).getProperties(received(context, extra))) }),
    getAccuracy: async ({ name, extra }, context) => {
      const { accuracy, positionHdop, positionVdop, positionNmeaGgaFix, compassDegreesError } = await find(name).getAccuracy(
        received(context, extra),
      );
      // Clients that get no value take 0, which is the best there is.
      return {
        accuracy: { ...accuracy },
        positionHdop: positionHdop ?? Number.NaN,
        positionVdop: positionVdop ?? Number.NaN,
        positionNmeaGgaFix: positionNmeaGgaFix ?? NO_FIX_TOLD,
        compassDegreesError: compassDegreesError ?? Number.NaN,
      };
    },
    getReadings: async ({ name, extra }, context) => ({ readings: toValueMap(await find(name).getReadings(received(context, extra))) }),
  };
}

function client(rpc: ServiceClient<MovementSensorServiceDefinition>, name: string): Handle<MovementSensor> {
  const to = (options: CallOptions | undefined): ReturnType<typeof addressed> => addressed(name, options);
  return {
    ...commonClient(rpc, name),
    getLinearVelocity: async (options) => (await rpc.getLinearVelocity(to(options), sent(options))).linearVelocity ?? ORIGIN,
    getAngularVelocity: async (options) => (await rpc.getAngularVelocity(to(options), sent(options))).angularVelocity ?? ORIGIN,
    getLinearAcceleration: async (options) => (await rpc.getLinearAcceleration(to(options), sent(options))).linearAcceleration ?? ORIGIN,
    getCompassHeading: async (options) => (await rpc.getCompassHeading(to(options), sent(options))).value,
    getOrientation: async (options) => {
      const { orientation } = await rpc.getOrientation(to(options), sent(options));
      return { x: orientation?.oX ?? 0, y: orientation?.oY ?? 0, z: orientation?.oZ ?? 0, theta: orientation?.theta ?? 0 };
    },
    getPosition: async (options) => {
      const { coordinate, altitudeM } = await rpc.getPosition(to(options), sent(options));
      return { latitude: coordinate?.latitude ?? 0, longitude: coordinate?.longitude ?? 0, altitude: altitudeM };
    },
    getProperties: async (options) => await rpc.getProperties(to(options), sent(options)),
    getAccuracy: async (options) => {
      const { accuracy, ...rest } = await rpc.getAccuracy(to(options), sent(options));
      return {
        accuracy,
        positionHdop: known(rest.positionHdop),
        positionVdop: known(rest.positionVdop),
        positionNmeaGgaFix: rest.positionNmeaGgaFix === NO_FIX_TOLD ? undefined : rest.positionNmeaGgaFix,
        compassDegreesError: known(rest.compassDegreesError),
      };
    },
    getReadings: async (options) => (await rpc.getReadings(to(options), sent(options))).readings,
  };
}

/** On the wire, instead of a quality of the fix; other accuracies that are not known are NaN there. */
const NO_FIX_TOLD = -1;

function known(accuracy: number | undefined): number | undefined {
  return Number.isNaN(accuracy) ? undefined : accuracy;
}

const ORIGIN: Vector3 = { x: 0, y: 0, z: 0 };

function vector({ x, y, z }: Vector3): Vector3 {
  return { x, y, z };
}
