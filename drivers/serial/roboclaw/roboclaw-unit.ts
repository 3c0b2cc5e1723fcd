/**
 * One RoboClaw: an address on a port, shared by its two motors. Sets the unit's own serial timeout and keeps it from running out while a motor is powered:
 * should this process hang or die, or the cable break, the unit itself switches both motors off.
 */
import type { Clock, Timer } from "pinion/hardware";
import { millis } from "pinion/hardware";
import { failedPrecondition, type ResourceLogger } from "pinion/sdk";
import type { SerialBus } from "../port/serial-bus.js";
import { bytes16, COMMAND, encodePacket, readAcknowledgement, readAnswer, readVersion } from "./packets.js";
import { parseStatus, type RoboclawStatus } from "./roboclaw-status.js";

export type Channel = 1 | 2;

export interface WriteOptions {
  readonly what: string;
  readonly command: number;
  readonly data: readonly number[];
  /** False: never sent twice. */
  readonly isRepeatable?: boolean;
  readonly isUrgent?: boolean;
  /** Aborted by the next command for the motor. */
  readonly signal?: AbortSignal;
}

interface ReadOptions {
  readonly what: string;
  readonly command: number;
  readonly length: number;
}

export interface UnitOptions {
  readonly bus: SerialBus;
  readonly address: number;
  /** Seconds of silence after which the unit stops its motors; 0: never. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly logger: ResourceLogger;
}

export class RoboclawUnit {
  readonly timeout: number;
  readonly #options: UnitOptions;
  /** Channels with a motor, and whether it is powered. */
  readonly #channels = new Map<Channel, boolean>();
  #setUp: { readonly generation: number; readonly done: Promise<void> } | undefined;
  #version = "";
  #heartbeat: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: UnitOptions) {
    this.#options = options;
    this.timeout = options.timeout;
  }

  get name(): string {
    return `RoboClaw ${this.#options.address} on ${this.#options.bus.link.port}`;
  }

  get version(): string {
    return this.#version;
  }

  get isConnected(): boolean {
    return this.#options.bus.link.isConnected;
  }

  /** Adds a motor and stops it. */
  async attach(channel: Channel): Promise<void> {
    this.#channels.set(channel, false);
    this.#unsubscribe ??= this.#options.bus.link.onState(({ isConnected }) => {
      // Again at once, not with the next call: a unit without timeout may still be driving.
      if (isConnected) this.#ready().catch((error: unknown) => this.#options.logger.warn("the unit is not ready", { error }));
    });
    await this.#ready();
    await this.#sendStop(channel);
  }

  /** True when that was its last motor. */
  detach(channel: Channel): boolean {
    this.#channels.delete(channel);
    this.#beat();
    if (this.#channels.size > 0) return false;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    return true;
  }

  /** Grows when the unit may have forgotten what it did. */
  get generation(): number {
    return this.#options.bus.generation;
  }

  async stop(channel: Channel): Promise<void> {
    this.#setPowered(channel, false);
    await this.#ready();
    await this.#sendStop(channel);
  }

  /** A command that moves the motor of `channel`. */
  async drive(channel: Channel, options: WriteOptions): Promise<void> {
    await this.#ready();
    options.signal?.throwIfAborted();
    this.#setPowered(channel, true);
    await this.#write(options);
  }

  async write(options: WriteOptions): Promise<void> {
    await this.#ready();
    await this.#write(options);
  }

  async read(options: ReadOptions): Promise<DataView> {
    await this.#ready();
    return await this.#read(options);
  }

  async readStatus(): Promise<RoboclawStatus> {
    await this.#ready();
    const { bus, address } = this.#options;
    const packet = { address, command: COMMAND.readStatus };
    const bytes = await bus.exchange({
      request: encodePacket(packet),
      what: `${this.name}: reading the status`,
      answerLength: 6,
      parse: (received) => readAnswer(received, packet, 4) ?? readAnswer(received, packet, 2),
    });
    return parseStatus(bytes);
  }

  /** Finds the unit and sets it up, at first and whenever the port was away. */
  #ready(): Promise<void> {
    const { generation } = this;
    if (this.#setUp?.generation === generation) return this.#setUp.done;
    const isFirst = this.#setUp === undefined;
    const done = this.#begin(isFirst);
    this.#setUp = { generation, done };
    done.catch(() => {
      // Whoever asks next tries again.
      if (this.#setUp?.done === done) this.#setUp = isFirst ? undefined : { generation: -1, done };
    });
    return done;
  }

  async #begin(isFirst: boolean): Promise<void> {
    const { bus, address, logger } = this.#options;
    const packet = { address, command: COMMAND.version };
    this.#version = await bus.exchange({
      request: encodePacket(packet),
      what: `${this.name}: asking for its version`,
      answerLength: 50,
      parse: (received) => readVersion(received, packet),
    });
    await this.#setTimeout();
    if (isFirst) {
      logger.info("RoboClaw found", { address, version: this.#version });
      return;
    }
    for (const channel of this.#channels.keys()) {
      this.#channels.set(channel, false);
      await this.#sendStop(channel);
    }
    logger.info("RoboClaw is back, its motors are stopped", { address });
  }

  async #setTimeout(): Promise<void> {
    if (this.timeout === 0) return;
    try {
      await this.#write({ what: "setting its serial timeout", command: COMMAND.setTimeout, data: [Math.round(this.timeout * 10)] });
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw failedPrecondition(
        `attributes.serial_timeout_sec: ${text}. A unit that knows no serial timeout needs 0 here, and then goes on driving when nobody steers it`,
        { cause },
      );
    }
  }

  async #sendStop(channel: Channel): Promise<void> {
    await this.#write({ what: `stopping motor ${channel}`, command: COMMAND.duty[channel - 1] ?? 0, data: bytes16(0), isUrgent: true });
  }

  async #write({ what, command, data, isRepeatable = true, isUrgent, signal }: WriteOptions): Promise<void> {
    const { bus, address } = this.#options;
    const request = encodePacket({ address, command, data });
    await bus.exchange({
      request,
      what: `${this.name}: ${what}`,
      answerLength: 1,
      parse: (received) => readAcknowledgement(received, request),
      attempts: isRepeatable ? undefined : 1,
      isUrgent,
      signal,
    });
  }

  async #read({ what, command, length }: ReadOptions): Promise<DataView> {
    const { bus, address } = this.#options;
    const packet = { address, command };
    const bytes = await bus.exchange({
      request: encodePacket(packet),
      what: `${this.name}: ${what}`,
      answerLength: length + 2,
      parse: (received) => readAnswer(received, packet, length),
    });
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #setPowered(channel: Channel, isPowered: boolean): void {
    if (this.#channels.has(channel)) this.#channels.set(channel, isPowered);
    this.#beat();
  }

  #beat(): void {
    const isNeeded = this.timeout > 0 && [...this.#channels.values()].includes(true);
    if (!isNeeded) {
      this.#heartbeat?.cancel();
      this.#heartbeat = undefined;
      return;
    }
    this.#heartbeat ??= this.#options.clock.after(millis((this.timeout * 1000) / 4), () => {
      void this.#checkTimeout().finally(() => {
        this.#heartbeat = undefined;
        this.#beat();
      });
    });
  }

  /** Any packet keeps the motors on; this one also finds a unit that was switched off and on. */
  async #checkTimeout(): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#ready();
      const value = (await this.#read({ what: "reading its serial timeout", command: COMMAND.readTimeout, length: 1 })).getUint8(0);
      if (value === Math.round(this.timeout * 10)) return;
      logger.warn("the unit has lost its serial timeout: was it switched off and on?", { found_sec: value / 10 });
      await this.#setTimeout();
    } catch (error) {
      logger.warn("the unit does not answer; it stops its motors by itself", { error });
    }
  }
}
