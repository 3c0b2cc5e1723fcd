/** The ports of this module: one object for each, however many resources use it, closed when the last one lets go. */
import type { Clock, Serial } from "pinion/hardware";
import { failedPrecondition } from "pinion/sdk";
import { SerialBus } from "./serial-bus.js";
import { untilConnected } from "./until-connected.js";

export interface PortUse {
  readonly bus: SerialBus;
  release(): Promise<void>;
}

export interface PortRequest {
  readonly port: string;
  readonly baudRate: number;
  /** The resource, for the error of the next one. */
  readonly user: string;
  /** Where the path stands in the config, for example `attributes.serial_path`. */
  readonly attribute: string;
}

interface OpenPort {
  readonly bus: SerialBus;
  readonly baudRate: number;
  readonly users: string[];
  /** What all users of one device on the port share, by the device's name. */
  readonly devices: Map<string, object>;
}

export class SharedPorts {
  readonly #serial: Serial;
  readonly #clock: Clock;
  readonly #ports = new Map<string, OpenPort>();

  constructor(serial: Serial, clock: Clock) {
    this.#serial = serial;
    this.#clock = clock;
  }

  /** Resolves when the port is open; rejects after two seconds when it is not. */
  async acquire({ port, baudRate, user, attribute }: PortRequest, signal: AbortSignal): Promise<PortUse> {
    const known = this.#ports.get(port);
    if (known !== undefined && known.baudRate !== baudRate) {
      throw failedPrecondition(
        `attributes.serial_baud_rate: expected ${known.baudRate}, at which "${known.users[0]}" has opened ${port}, got ${baudRate}`,
      );
    }
    const open = known ?? this.#open(port, baudRate);
    open.users.push(user);
    let isReleased = false;
    const release = async (): Promise<void> => {
      if (isReleased) return;
      isReleased = true;
      open.users.splice(open.users.indexOf(user), 1);
      if (open.users.length > 0) return;
      this.#ports.delete(port);
      open.bus.close();
      await open.bus.link.close();
    };
    try {
      await untilConnected(open.bus.link, { attribute, signal });
    } catch (error) {
      await release();
      throw error;
    }
    return { bus: open.bus, release };
  }

  /** The object that stands for one device on an open port: made by its first user, until it is forgotten. */
  device<T extends object>(port: string, name: string, make: () => T): T {
    const devices = this.#ports.get(port)?.devices;
    // The name says which class it is: nobody else makes devices of that name.
    const known = devices?.get(name) as T | undefined;
    const device = known ?? make();
    devices?.set(name, device);
    return device;
  }

  /** The device has no users any more: the next one is made anew. */
  forget(port: string, name: string): void {
    this.#ports.get(port)?.devices.delete(name);
  }

  #open(port: string, baudRate: number): OpenPort {
    const link = this.#serial.open({ port, baudRate });
    const open = { bus: new SerialBus(link, { baudRate, clock: this.#clock }), baudRate, users: [], devices: new Map() };
    this.#ports.set(port, open);
    return open;
  }
}
