/** A receiver that speaks NMEA 0183, on a serial port or an I2C bus: `rdk:builtin:gps-nmea`. */
import type { Clock, Hardware, SerialLink } from "pinion/hardware";
import {
  failedPrecondition,
  type GeoPosition,
  type Lifecycle,
  type MovementAccuracy,
  type MovementSensor,
  type ResourceContext,
  type ResourceLogger,
  unavailable,
  type Values,
  type Vector3,
} from "pinion/sdk";
import { ErrorRing } from "../port/error-ring.js";
import { type ByteSource, openStream } from "../port/serial-stream.js";
import type { GpsAttributes } from "./gps-attributes.js";
import { GpsState } from "./gps-state.js";
import { openI2cStream } from "./i2c-stream.js";
import { parseSentence } from "./parse-sentence.js";
import { encodeSentence, SentenceReader } from "./sentence-reader.js";

/** Below this, in metres per second, receivers deem themselves still and give no course. */
const STANDING = 0.5;

export async function createGps(
  { attributes, logger, signal }: ResourceContext<GpsAttributes>,
  hardware: Hardware,
  clock: Clock,
): Promise<MovementSensor & Lifecycle<GpsAttributes>> {
  const gps = new Gps(attributes, clock);
  const onBytes = (bytes: Uint8Array): void => gps.take(bytes);
  const { serial_attributes: serial, i2c_attributes: i2c } = attributes;
  if (serial !== undefined) {
    const { serial_path: port, serial_baud_rate: baudRate } = serial;
    const onConnected = (link: SerialLink): void => {
      gps.begin();
      for (const sentence of attributes.setup_sentences) link.write(encodeSentence(sentence)).catch(warn(logger));
    };
    const attribute = "attributes.serial_attributes.serial_path";
    gps.listen(
      `${port} at ${baudRate} baud`,
      await openStream(hardware.serial, { port, baudRate, attribute, onBytes, onConnected }, signal),
    );
  } else if (i2c !== undefined) {
    const device = hardware.i2c.device(i2c.i2c_bus, i2c.i2c_addr);
    const onError = (error: Error): void => gps.fail(error);
    const attribute = "attributes.i2c_attributes.i2c_addr";
    gps.listen(
      `0x${i2c.i2c_addr.toString(16)} of I2C bus ${i2c.i2c_bus}`,
      await openI2cStream({ device, clock, attribute, onBytes, onError }),
    );
    for (const sentence of attributes.setup_sentences) await device.send(encodeSentence(sentence));
  }
  return gps;
}

function warn(logger: ResourceLogger): (error: unknown) => void {
  return (error) => logger.warn("a setup sentence was not sent", { error });
}

class Gps implements MovementSensor, Lifecycle<GpsAttributes> {
  readonly #attributes: GpsAttributes;
  readonly #reader = new SentenceReader();
  readonly #errors = new ErrorRing();
  readonly #state: GpsState;
  #source: ByteSource | undefined;
  #where = "";

  constructor(attributes: GpsAttributes, clock: Clock) {
    this.#attributes = attributes;
    this.#state = new GpsState({ now: () => clock.now(), maxAge: attributes.max_age_sec * 1000 });
  }

  listen(where: string, source: ByteSource): void {
    this.#where = where;
    this.#source = source;
  }

  begin(): void {
    this.#reader.reset();
  }

  take(bytes: Uint8Array): void {
    for (const read of this.#reader.push(bytes)) {
      if (read.kind === "sentence") this.#state.take(parseSentence(read.text));
      this.#errors.add(read.kind === "bad" ? new Error(read.reason) : undefined);
    }
  }

  fail(error: Error): void {
    this.#errors.add(error);
  }

  /** The last good one, up to `max_position_age_sec` old. */
  async getPosition(): Promise<GeoPosition> {
    this.#assertAlive();
    const { position } = this.#state;
    const { max_position_age_sec: maxAge } = this.#attributes;
    if (position === undefined) throw failedPrecondition(`the receiver on ${this.#where} has no position yet${this.#reception()}`);
    if (position.age > maxAge * 1000) {
      throw failedPrecondition(
        `the last position of the receiver on ${this.#where} is ${whole(position.age)} s old, expected at most ${maxAge} s${this.#reception()}`,
      );
    }
    const { latitude, longitude, altitude } = position;
    return { latitude, longitude, altitude };
  }

  /** x is east, y is north. */
  async getLinearVelocity(): Promise<Vector3> {
    this.#assertAlive();
    const velocity = this.#velocity();
    if (velocity !== undefined) return velocity;
    throw failedPrecondition(
      `the receiver on ${this.#where} does not know its ${this.#state.speed === undefined ? "speed" : "course"}${this.#reception()}`,
    );
  }

  /** Where the bow points, from receivers that know; else the true course. */
  async getCompassHeading(): Promise<number> {
    this.#assertAlive();
    const heading = this.#state.heading ?? this.#state.course;
    if (heading !== undefined) return heading;
    throw failedPrecondition(
      `the receiver on ${this.#where} gives no course: it has none while it stands still or without a fix${this.#reception()}`,
    );
  }

  async getAccuracy(): Promise<MovementAccuracy> {
    this.#assertAlive();
    const { hdop, vdop, fix } = this.#state;
    const accuracy: Record<string, number> = {};
    if (hdop !== undefined) accuracy["hDOP"] = hdop;
    if (vdop !== undefined) accuracy["vDOP"] = vdop;
    if (fix !== undefined) accuracy["fix"] = fix;
    return { accuracy, positionHdop: hdop, positionVdop: vdop, positionNmeaGgaFix: fix ?? -1 };
  }

  /** What is not known is left out. */
  async getReadings(): Promise<Values> {
    this.#assertAlive();
    const { position, fix, satellitesInUse, satellitesInView, heading, course, hdop, vdop } = this.#state;
    const velocity = this.#velocity();
    const isCurrent = position !== undefined && position.age <= this.#attributes.max_position_age_sec * 1000;
    return {
      position: isCurrent ? { _type: "geopoint", lat: position.latitude, lng: position.longitude } : undefined,
      altitude: isCurrent && !Number.isNaN(position.altitude) ? position.altitude : undefined,
      position_age_sec: position === undefined ? undefined : position.age / 1000,
      linear_velocity: velocity && { _type: "vector3", ...velocity },
      compass: heading ?? course,
      fix,
      satellites_in_use: satellitesInUse,
      satellites_in_view: satellitesInView,
      hdop,
      vdop,
    };
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  #velocity(): Vector3 | undefined {
    const { speed, course } = this.#state;
    if (speed === undefined) return undefined;
    if (course === undefined) return speed < STANDING ? { x: 0, y: 0, z: 0 } : undefined;
    const radians = (course * Math.PI) / 180;
    return { x: speed * Math.sin(radians), y: speed * Math.cos(radians), z: 0 };
  }

  #assertAlive(): void {
    const gone = this.#source?.error;
    if (gone !== undefined) throw unavailable(gone.message, { cause: gone });
    const trouble = this.#errors.take();
    if (trouble !== undefined) throw unavailable(`the receiver on ${this.#where}: ${trouble.message}`, { cause: trouble });
    const { silence } = this.#state;
    const { max_age_sec: maxAge } = this.#attributes;
    if (silence === undefined) throw unavailable(`no sentence from the receiver on ${this.#where} yet`);
    if (silence > maxAge * 1000) {
      throw unavailable(`no sentence from the receiver on ${this.#where} for ${whole(silence)} s, expected one every ${maxAge} s`);
    }
  }

  #reception(): string {
    const { fix, satellitesInUse } = this.#state;
    return ` (fix ${fix ?? "unknown"}, satellites in use: ${satellitesInUse ?? "unknown"})`;
  }
}

function whole(ms: number): number {
  return Math.round(ms / 1000);
}
