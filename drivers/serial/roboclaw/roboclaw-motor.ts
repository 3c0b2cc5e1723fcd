/** A motor on a RoboClaw: `rdk:builtin:roboclaw`. With an encoder the unit controls speed and distance, without one power and time stand in for them. */
import type { Clock } from "pinion/hardware";
import {
  type CallOptions,
  type Lifecycle,
  type Motor,
  type MotorPower,
  type ResourceContext,
  type ResourceLogger,
  unavailable,
  unimplemented,
  type Values,
} from "pinion/sdk";
import { assertNumber, assertRevolutions, OFF_POWER, speedOf } from "../motor-checks.js";
import { type MotionStep, OneMotion } from "../one-motion.js";
import type { SharedPorts } from "../port/shared-ports.js";
import { StallWatch } from "../stall-watch.js";
import { timedStep } from "../timed-step.js";
import { bytes16, bytes32, COMMAND } from "./packets.js";
import type { RoboclawAttributes } from "./roboclaw-attributes.js";
import { type Channel, RoboclawUnit } from "./roboclaw-unit.js";

const FULL_DUTY = 32_767;
const POLL = 50;
const STALL = 2000;
/** Byte of command 47 for a channel that has nothing more to do. */
const BUFFER_EMPTY = 0x80;
/** Tries to hand over a distance whose acknowledgement was lost; each is reckoned anew from the encoder. */
const HANDOVERS = 3;
const MOST_TICKS = 0x7fff_ffff;

export async function createRoboclaw(
  { attributes, logger, name, signal }: ResourceContext<RoboclawAttributes>,
  ports: SharedPorts,
  clock: Clock,
): Promise<Motor & Lifecycle<RoboclawAttributes>> {
  const { serial_path: port, serial_baud_rate: baudRate, serial_address: address, serial_timeout_sec: timeout } = attributes;
  const use = await ports.acquire({ port, baudRate, user: name, attribute: "attributes.serial_path" }, signal);
  const device = `RoboClaw ${address}`;
  const make = (): RoboclawUnit => new RoboclawUnit({ bus: use.bus, address, timeout, clock, logger });
  const unit = ports.device(port, device, make);
  const channel = attributes.motor_channel === 1 ? 1 : 2;
  const release = async (): Promise<void> => {
    if (unit.detach(channel)) ports.forget(port, device);
    await use.release();
  };
  if (unit.timeout !== timeout) {
    await use.release();
    throw unavailable(`attributes.serial_timeout_sec: expected ${unit.timeout} as for the other motor of ${unit.name}, got ${timeout}`);
  }
  try {
    await unit.attach(channel);
  } catch (error) {
    await release();
    throw error;
  }
  return new RoboclawMotor({ attributes, channel, unit, release, clock, logger });
}

interface Movement {
  /** Revolutions per minute, positive. */
  readonly speed: number;
  /** Aborted by the next command. */
  readonly own: AbortSignal;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined;
}

interface Parts {
  readonly attributes: RoboclawAttributes;
  readonly channel: Channel;
  readonly unit: RoboclawUnit;
  readonly release: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: ResourceLogger;
}

class RoboclawMotor implements Motor, Lifecycle<RoboclawAttributes> {
  readonly #channel: Channel;
  readonly #attributes: RoboclawAttributes;
  readonly #unit: RoboclawUnit;
  readonly #release: () => Promise<void>;
  readonly #clock: Clock;
  readonly #logger: ResourceLogger;
  readonly #motion: OneMotion;

  constructor({ attributes, channel, unit, release, clock, logger }: Parts) {
    this.#attributes = attributes;
    this.#channel = channel;
    this.#unit = unit;
    this.#release = release;
    this.#clock = clock;
    this.#logger = logger;
    this.#motion = new OneMotion(clock);
  }

  async setPower(power: number): Promise<void> {
    assertNumber("power_pct", power);
    if (Math.abs(power) <= OFF_POWER) return await this.stop();
    await this.#setDuty(power, this.#motion.take());
  }

  async setRpm(rpm: number): Promise<void> {
    const speed = Math.sign(rpm) * speedOf(rpm, this.#attributes.max_rpm);
    const signal = this.#motion.take();
    if (!this.#hasEncoder) return await this.#setDuty(speed / this.#attributes.max_rpm, signal);
    const data = bytes32(this.#ticksPerSecond(speed));
    await this.#unit.drive(this.#channel, { what: "setting the speed", command: this.#of(COMMAND.speed), data, signal });
  }

  async goFor(rpm: number, revolutions: number, { signal }: CallOptions = {}): Promise<void> {
    const speed = speedOf(rpm, this.#attributes.max_rpm);
    assertRevolutions(revolutions);
    const way = Math.sign(rpm) * revolutions;
    await this.#motion.run(async (own) => {
      if (this.#hasEncoder) return await this.#beginWay({ speed, target: (await this.#ticks()) + this.#toTicks(way), own, signal });
      return await this.#beginTime({ speed, way, own, signal });
    });
  }

  async goTo(rpm: number, position: number, { signal }: CallOptions = {}): Promise<void> {
    assertNumber("position_revolutions", position);
    const speed = speedOf(rpm, this.#attributes.max_rpm);
    this.#needEncoder();
    await this.#motion.run((own) => this.#beginWay({ speed, target: this.#toTicks(position), own, signal }));
  }

  async resetZeroPosition(offset: number): Promise<void> {
    assertNumber("offset", offset);
    this.#needEncoder();
    await this.stop();
    const data = bytes32(this.#toTicks(-offset));
    await this.#unit.write({ what: "setting the encoder", command: this.#of(COMMAND.setEncoder), data });
  }

  async getPosition(): Promise<number> {
    this.#needEncoder();
    return (await this.#ticks()) / this.#attributes.ticks_per_rotation;
  }

  async getProperties(): Promise<{ positionReporting: boolean }> {
    return { positionReporting: this.#hasEncoder };
  }

  async stop(): Promise<void> {
    this.#motion.take();
    await this.#unit.stop(this.#channel);
  }

  /** As the unit says. */
  async isPowered(): Promise<MotorPower> {
    const pwms = await this.#unit.read({ what: "reading the power", command: COMMAND.readPwms, length: 4 });
    const power = pwms.getInt16(this.#at(2)) / FULL_DUTY;
    return { isOn: power !== 0, power };
  }

  async isMoving(): Promise<boolean> {
    return this.#motion.isRunning || (await this.isPowered()).isOn;
  }

  async getStatus(): Promise<Values> {
    const { errors, warnings } = await this.#unit.readStatus();
    const word = async (what: string, command: number): Promise<number> =>
      (await this.#unit.read({ what, command, length: 2 })).getUint16(0) / 10;
    const currents = await this.#unit.read({ what: "reading the currents", command: COMMAND.readCurrents, length: 4 });
    return {
      version: this.#unit.version,
      errors: [...errors],
      warnings: [...warnings],
      main_battery_volts: await word("reading the main battery", COMMAND.mainBattery),
      logic_battery_volts: await word("reading the logic battery", COMMAND.logicBattery),
      temperature_celsius: await word("reading the temperature", COMMAND.readTemperature),
      current_amps: currents.getInt16(this.#at(2)) / 100,
    };
  }

  async close(): Promise<void> {
    this.#motion.take();
    try {
      await this.#unit.stop(this.#channel);
    } catch (error) {
      this.#logger.warn("the motor could not be stopped", { error });
    } finally {
      await this.#release();
    }
  }

  async #setDuty(power: number, signal: AbortSignal): Promise<void> {
    const duty = Math.round(Math.max(-1, Math.min(1, power)) * FULL_DUTY);
    await this.#unit.drive(this.#channel, { what: "setting the power", command: this.#of(COMMAND.duty), data: bytes16(duty), signal });
  }

  async #beginWay({ speed, target, own, signal }: Movement & { readonly target: number }): Promise<MotionStep> {
    await this.#handOver(speed, target, own);
    const { generation } = this.#unit;
    const stall = new StallWatch({ clock: this.#clock, limit: Math.max(STALL, 5000 / Math.abs(this.#ticksPerSecond(speed))), least: 1 });
    const isDone = async (): Promise<boolean> => {
      this.#assertThere(generation);
      const buffers = await this.#unit.read({ what: "reading the buffers", command: COMMAND.readBuffers, length: 2 });
      if (buffers.getUint8(this.#at(1)) === BUFFER_EMPTY) return true;
      const { errors } = await this.#unit.readStatus();
      if (errors.length > 0) throw unavailable(`${this.#unit.name} has switched off: ${errors.join(", ")}`);
      const left = Math.abs(target - (await this.#ticks()));
      stall.check(left, () => `motor ${this.#channel} of ${this.#unit.name} is not getting nearer: it is ${left} ticks from its target`);
      return false;
    };
    return { isDone, end: () => this.#unit.stop(this.#channel), period: POLL, signal };
  }

  /** Sent twice, a distance is driven twice: when it is not sure that the unit has it, what is left is measured anew. */
  async #handOver(speed: number, target: number, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const way = target - (await this.#ticks());
      if (way === 0) return;
      const data = [...bytes32(Math.sign(way) * this.#ticksPerSecond(speed)), ...bytes32(Math.min(Math.abs(way), MOST_TICKS)), 1];
      const command = this.#of(COMMAND.speedDistance);
      try {
        return await this.#unit.drive(this.#channel, { what: "setting speed and distance", command, data, isRepeatable: false, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        if (attempt < HANDOVERS && this.#unit.isConnected) continue;
        await this.#unit.stop(this.#channel).catch(() => undefined); // the first error says more
        throw error;
      }
    }
  }

  async #beginTime({ speed, way, own, signal }: Movement & { readonly way: number }): Promise<MotionStep> {
    await this.#setDuty((Math.sign(way) * speed) / this.#attributes.max_rpm, own);
    const { generation } = this.#unit;
    const assertThere = (): void => this.#assertThere(generation);
    return timedStep({ clock: this.#clock, revolutions: way, rpm: speed, assertThere, end: () => this.#unit.stop(this.#channel), signal });
  }

  #assertThere(generation: number): void {
    if (this.#unit.generation !== generation) throw unavailable(`${this.#unit.name} was away during the movement; the motor is stopped`);
  }

  async #ticks(): Promise<number> {
    const view = await this.#unit.read({ what: "reading the encoder", command: this.#of(COMMAND.readEncoder), length: 5 });
    // The unit counts from 0 to 2^32 - 1; below zero it goes on from the top.
    return view.getInt32(0);
  }

  #ticksPerSecond(rpm: number): number {
    const size = Math.round((Math.abs(rpm) * this.#attributes.ticks_per_rotation) / 60);
    return Math.sign(rpm) * Math.max(1, size);
  }

  #toTicks(revolutions: number): number {
    const ticks = Math.round(revolutions * this.#attributes.ticks_per_rotation);
    return Math.max(-MOST_TICKS, Math.min(MOST_TICKS, ticks));
  }

  /** Of a pair of commands, this motor's. */
  #of([first, second]: readonly [number, number]): number {
    return this.#channel === 1 ? first : second;
  }

  /** Where this motor's part of an answer begins. */
  #at(size: number): number {
    return this.#channel === 1 ? 0 : size;
  }

  get #hasEncoder(): boolean {
    return this.#attributes.ticks_per_rotation > 0;
  }

  #needEncoder(): void {
    if (!this.#hasEncoder) throw unimplemented('this motor does not know its position: set "ticks_per_rotation" when it has an encoder');
  }
}
