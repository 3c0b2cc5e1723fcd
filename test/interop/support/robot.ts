/** Short calls to a machine's resources, over the same public port that every client uses. */
import { MotorServiceDefinition } from "../../../src/proto/gen/viam/component/motor/v1/motor.js";
import { SensorServiceDefinition } from "../../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import type { Daemon } from "../../support/start-daemon.js";

const TIMEOUT = { timeout: 10_000 };

type Values = Readonly<Record<string, unknown>>;

/** What a thermo reads. */
export async function celsius(daemon: Daemon, name: string): Promise<unknown> {
  return (await daemon.client(SensorServiceDefinition).getReadings({ name }, TIMEOUT)).readings["celsius"];
}

/** What the sensor that a winch depends on reads. */
export async function position(daemon: Daemon, name: string): Promise<number> {
  return (await daemon.client(MotorServiceDefinition).getPosition({ name }, TIMEOUT)).position;
}

/** DoCommand of a thermo or winch. */
export async function command(daemon: Daemon, name: string, values: Values): Promise<Values> {
  const service = name.endsWith("-winch") ? daemon.client(MotorServiceDefinition) : daemon.client(SensorServiceDefinition);
  return (await service.doCommand({ name, command: { ...values } }, TIMEOUT)).result ?? {};
}

/** What a resource of the suite says about itself and its process. */
export function describeResource(daemon: Daemon, name: string): Promise<Values> {
  return command(daemon, name, { describe: true });
}
