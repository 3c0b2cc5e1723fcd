/** One servo, found and set up for its use: at build, and again whenever the port was away. */
import { failedPrecondition, type ResourceContext, type Values } from "pinion/sdk";
import type { PortUse, SharedPorts } from "../port/shared-ports.js";
import type { LineAttributes, ServoDescription } from "./servo-attributes.js";
import type { RegisterWrite, ServoFamily, ServoMode } from "./servo-family.js";
import { ServoLine, type WriteOptions } from "./servo-line.js";

export interface ServoUnitOptions {
  readonly context: ResourceContext<LineAttributes>;
  readonly description: ServoDescription;
  readonly ports: SharedPorts;
  readonly mode: ServoMode;
  /** Runs after it was found: makes it stand still. */
  readonly onFound?: (unit: ServoUnit) => Promise<void>;
}

export class ServoUnit {
  readonly line: ServoLine;
  readonly #options: ServoUnitOptions;
  readonly #use: PortUse;
  readonly #unsubscribe: () => void;
  #family: ServoFamily | undefined;
  #setUp: { readonly generation: number; readonly done: Promise<void> } | undefined;

  private constructor(options: ServoUnitOptions, use: PortUse) {
    const { context, description } = options;
    this.#options = options;
    this.#use = use;
    this.line = new ServoLine({ bus: use.bus, id: context.attributes.id, protocol: description.assumed.protocol });
    this.#unsubscribe = use.bus.link.onState(({ isConnected }) => {
      // Again at once, not with the next call: a wheel may still be turning.
      if (isConnected) this.ready().catch((error: unknown) => context.logger.warn("the servo is not ready", { error }));
    });
  }

  /** Resolves when it was found and is in its mode. */
  static async open(options: ServoUnitOptions): Promise<ServoUnit> {
    const { attributes, name, signal } = options.context;
    const { serial_path: port, serial_baud_rate: baudRate } = attributes;
    const use = await options.ports.acquire({ port, baudRate, user: name, attribute: "attributes.serial_path" }, signal);
    const unit = new ServoUnit(options, use);
    try {
      await unit.ready();
      return unit;
    } catch (error) {
      await unit.close();
      throw error;
    }
  }

  get name(): string {
    return this.line.name;
  }

  /** Known once the unit was ready. */
  get family(): ServoFamily {
    if (this.#family === undefined) throw failedPrecondition(`${this.name} has not answered yet`);
    return this.#family;
  }

  /** Resolves when it was found and is in its mode. */
  ready(): Promise<void> {
    const { generation } = this.line;
    if (this.#setUp?.generation === generation) return this.#setUp.done;
    const done = this.#begin();
    this.#setUp = { generation, done };
    done.catch(() => {
      // Whoever asks next tries again.
      if (this.#setUp?.done === done) this.#setUp = undefined;
    });
    return done;
  }

  /** In steps. */
  async readPosition(): Promise<number> {
    const { register, toValue } = this.family.position;
    return toValue(await this.line.read(register, "reading the position"));
  }

  async isMoving(): Promise<boolean> {
    return (await this.line.read(this.family.moving, "reading whether it moves")) !== 0;
  }

  async hasTorque(): Promise<boolean> {
    return (await this.line.read(this.family.torque, "reading the torque")) !== 0;
  }

  async setTorque(isOn: boolean, options?: WriteOptions): Promise<void> {
    await this.line.write(this.family.torque, isOn ? 1 : 0, `switching torque ${isOn ? "on" : "off"}`, options);
  }

  async write({ address, bytes }: RegisterWrite, what: string, options?: WriteOptions): Promise<void> {
    await this.line.writeBytes(address, bytes, what, options);
  }

  /** Voltage, temperature, load and what the servo suffers from. */
  async readStatus(): Promise<Values> {
    const values: Record<string, unknown> = {};
    for (const [name, { register, toValue }] of Object.entries(this.family.gauges)) {
      values[name] = toValue(await this.line.read(register, `reading ${name}`));
    }
    return { kind: this.family.name, ...values, errors: [...(await this.line.readAlarms())] };
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#use.release();
  }

  async #begin(): Promise<void> {
    const { context, description, mode, onFound } = this.#options;
    const family = await description.identify(this.line);
    const present = await family.readMode(this.line);
    if (present !== mode) {
      await this.line.write(family.torque, 0, "switching torque off");
      await family.writeMode(this.line, mode);
      context.logger.info("the servo's mode was changed in its memory", { from: present ?? "another", to: mode });
    }
    this.#family = family;
    await onFound?.(this);
    context.logger.info("servo found", { servo: this.name, kind: family.name });
  }
}
