/** WitMotion inertial sensors: `rdk:builtin:imu-wit` and `imu-wit-hwt905`. */
import type { Clock, Hardware } from "pinion/hardware";
import {
  type DependencyNames,
  type Lifecycle,
  type MovementSensor,
  type OrientationVector,
  type ResourceContext,
  unavailable,
  type Values,
  type Vector3,
} from "pinion/sdk";
import * as v from "valibot";
import { ErrorRing } from "../port/error-ring.js";
import { type ByteSource, openStream } from "../port/serial-stream.js";
import { baudRate, positive, serialPath } from "../schema.js";
import { type EulerAngles, eulerToVector } from "./euler-to-vector.js";
import { type WitFrame, WitReader } from "./wit-frames.js";

export interface WitAttributes {
  readonly serial_path: string;
  readonly serial_baud_rate: number;
  readonly max_age_sec: number;
}

export const schema: v.GenericSchema<unknown, WitAttributes> = v.object({
  serial_path: serialPath,
  serial_baud_rate: baudRate(115_200),
  max_age_sec: positive(1),
});

export function validate({ serial_path: port }: WitAttributes): DependencyNames {
  return { hardware: { claims: [{ kind: "serial", port }] } };
}

export async function createWit(
  { attributes, signal }: ResourceContext<WitAttributes>,
  hardware: Hardware,
  clock: Clock,
): Promise<MovementSensor & Lifecycle<WitAttributes>> {
  const sensor = new WitSensor(attributes, clock);
  const { serial_path: port, serial_baud_rate: baud } = attributes;
  const onBytes = (bytes: Uint8Array): void => sensor.take(bytes);
  const onConnected = (): void => sensor.begin();
  const attribute = "attributes.serial_path";
  sensor.listen(await openStream(hardware.serial, { port, baudRate: baud, attribute, onBytes, onConnected }, signal));
  return sensor;
}

type Kind = Exclude<WitFrame["kind"], "other">;
type FrameOf<K extends Kind> = Extract<WitFrame, { readonly kind: K }>;

const NAMES: Readonly<Record<Kind, string>> = {
  acceleration: "acceleration (0x51)",
  rate: "angular velocity (0x52)",
  angles: "angles (0x53)",
  magnetic: "magnetic field (0x54)",
};

class WitSensor implements MovementSensor, Lifecycle<WitAttributes> {
  readonly #attributes: WitAttributes;
  readonly #clock: Clock;
  readonly #reader = new WitReader();
  readonly #errors = new ErrorRing();
  readonly #latest = new Map<Kind, { readonly frame: WitFrame; readonly at: number }>();
  #source: ByteSource | undefined;
  #badFrames = 0;

  constructor(attributes: WitAttributes, clock: Clock) {
    this.#attributes = attributes;
    this.#clock = clock;
  }

  listen(source: ByteSource): void {
    this.#source = source;
  }

  begin(): void {
    this.#reader.reset();
    this.#latest.clear();
  }

  take(bytes: Uint8Array): void {
    const { frames, bad } = this.#reader.push(bytes);
    const at = this.#clock.now();
    for (const frame of frames) {
      if (frame.kind !== "other") this.#latest.set(frame.kind, { frame, at });
      this.#errors.add(undefined);
    }
    this.#badFrames += bad;
    for (let count = 0; count < bad; count++) {
      this.#errors.add(new Error(`bytes on ${this.#attributes.serial_path} belong to no frame, or to one with a wrong sum`));
    }
  }

  async getLinearAcceleration(): Promise<Vector3> {
    return vector(this.#need("acceleration"));
  }

  async getAngularVelocity(): Promise<Vector3> {
    return vector(this.#need("rate"));
  }

  async getOrientation(): Promise<OrientationVector> {
    return eulerToVector(this.#need("angles"));
  }

  /** What the sensor does not send is left out. */
  async getReadings(): Promise<Values> {
    this.#assertAlive();
    const acceleration = this.#fresh("acceleration");
    const rate = this.#fresh("rate");
    const angles = this.#fresh("angles");
    const magnetic = this.#fresh("magnetic");
    if ((acceleration ?? rate ?? angles ?? magnetic) === undefined) throw this.#silence("frames");
    return {
      linear_acceleration: acceleration && { _type: "vector3", ...vector(acceleration) },
      angular_velocity: rate && { _type: "angular_velocity", ...vector(rate) },
      orientation: angles && orientationReading(angles),
      magnetometer: magnetic && { _type: "vector3", ...vector(magnetic) },
      bad_frames: this.#badFrames,
    };
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  #need<K extends Kind>(kind: K): FrameOf<K> {
    this.#assertAlive();
    const frame = this.#fresh(kind);
    if (frame === undefined) throw this.#silence(`frame of ${NAMES[kind]}`);
    return frame;
  }

  #fresh<K extends Kind>(kind: K): FrameOf<K> | undefined {
    const latest = this.#latest.get(kind);
    if (latest === undefined || this.#clock.now() - latest.at > this.#attributes.max_age_sec * 1000) return undefined;
    return latest.frame.kind === kind ? (latest.frame as FrameOf<K>) : undefined; // TypeScript does not narrow by a generic kind
  }

  #silence(what: string): Error {
    const { serial_path: port, serial_baud_rate: baud, max_age_sec: maxAge } = this.#attributes;
    return unavailable(`no ${what} from the sensor on ${port} within ${maxAge} s (is it set to ${baud} baud and to send it?)`);
  }

  #assertAlive(): void {
    const error = this.#source?.error ?? this.#errors.take();
    if (error !== undefined) throw unavailable(error.message, { cause: error });
  }
}

function vector({ x, y, z }: Vector3): Vector3 {
  return { x, y, z };
}

function orientationReading(angles: EulerAngles): Values {
  const { x, y, z, theta } = eulerToVector(angles);
  return { _type: "orientation_vector_degrees", ox: x, oy: y, oz: z, theta };
}
