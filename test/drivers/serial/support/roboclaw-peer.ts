/** A RoboClaw at the other end of the line, written from the rules of the protocol: answers packets, turns its motors a step whenever it is asked. */
import { crc16 } from "../../../../drivers/serial/port/crc-16.js";

interface Channel {
  duty: number;
  speed: number;
  encoder: number;
  target: number | undefined;
}

/** What becomes of an answer on its way: other bytes, or none. */
export type Distortion = (answer: number[]) => readonly number[] | undefined;

/** Bytes of data of the requests that it knows. */
const DATA: Readonly<Record<number, number>> = {
  14: 1,
  15: 0,
  16: 0,
  17: 0,
  21: 0,
  22: 4,
  23: 4,
  24: 0,
  25: 0,
  32: 2,
  33: 2,
  35: 4,
  36: 4,
  41: 9,
  42: 9,
  47: 0,
  48: 0,
  49: 0,
  82: 0,
  90: 0,
};

export class RoboclawPeer {
  readonly address: number;
  readonly channels: readonly [Channel, Channel] = [newChannel(), newChannel()];
  /** Commands and their data, in the order they came. */
  readonly log: { readonly command: number; readonly data: readonly number[] }[] = [];
  timeout = 0;
  status = 0;
  hasLongStatus = false;
  isStuck = false;
  isSilent = false;
  /** Applied to the next answers, one each. */
  readonly distortions: Distortion[] = [];
  #rest: number[] = [];

  constructor(address = 0x80) {
    this.address = address;
  }

  /** The commands of one number. */
  sent(command: number): readonly (readonly number[])[] {
    return this.log.filter((entry) => entry.command === command).map(({ data }) => data);
  }

  /** Bytes that came; what goes back. */
  take(bytes: Uint8Array): number[] {
    this.#rest.push(...bytes);
    const answers: number[] = [];
    for (;;) {
      const [address, command = 255] = this.#rest;
      if (address === undefined || this.#rest.length < 2) return answers;
      const length = DATA[command];
      if (length === undefined) throw new Error(`unexpected command ${command}`);
      if (this.#rest.length < length + 4) return answers;
      const packet = this.#rest.splice(0, length + 4);
      const body = packet.slice(0, -2);
      const crc = crc16(Uint8Array.from(body), 0x1021);
      if (packet.at(-2) !== crc >> 8 || packet.at(-1) !== (crc & 0xff)) throw new Error(`bad CRC in ${packet.join(" ")}`);
      if (address !== this.address || this.isSilent) continue;
      const data = body.slice(2);
      this.log.push({ command, data });
      const answer = this.#answer(command, data);
      answers.push(...((this.distortions.shift() ?? ((plain) => plain))(answer) ?? []));
    }
  }

  #answer(command: number, data: readonly number[]): number[] {
    const view = new DataView(Uint8Array.from(data).buffer);
    const [one, two] = this.channels;
    const of = (first: number): Channel => (command === first ? one : two);
    switch (command) {
      case 14:
        this.timeout = view.getUint8(0);
        return [0xff];
      case 15:
        return this.#data(command, [this.timeout]);
      case 16:
      case 17:
        return this.#data(command, [...u32(of(16).encoder), 0]);
      case 21:
        return this.#data(command, [...Buffer.from("USB Roboclaw 2x15A v4.1.34\n"), 0]);
      case 22:
      case 23:
        of(22).encoder = view.getInt32(0);
        return [0xff];
      case 24:
      case 25:
        return this.#data(command, [0, command === 24 ? 121 : 50]);
      case 32:
      case 33:
        Object.assign(of(32), { duty: view.getInt16(0), speed: 0, target: undefined });
        return [0xff];
      case 35:
      case 36:
        Object.assign(of(35), { duty: 8000, speed: view.getInt32(0), target: undefined });
        return [0xff];
      case 41:
      case 42: {
        const channel = of(41);
        const speed = view.getInt32(0);
        Object.assign(channel, { duty: 9000 * Math.sign(speed), speed, target: channel.encoder + Math.sign(speed) * view.getUint32(4) });
        return [0xff];
      }
      case 47:
        for (const channel of this.channels) this.#step(channel);
        return this.#data(
          command,
          this.channels.map(({ target }) => (target === undefined ? 0x80 : 0)),
        );
      case 48:
        return this.#data(
          command,
          this.channels.flatMap(({ duty }) => [(duty >> 8) & 0xff, duty & 0xff]),
        );
      case 49:
        return this.#data(command, [0, 150, 0xff, 0x38]);
      case 82:
        return this.#data(command, [1, 4]);
      default:
        return this.#data(command, this.hasLongStatus ? u32(this.status) : u32(this.status).slice(2));
    }
  }

  #step(channel: Channel): void {
    const { target, encoder } = channel;
    if (target === undefined || this.isStuck) return;
    const left = target - encoder;
    channel.encoder += Math.sign(left) * Math.min(Math.abs(left), 400);
    if (channel.encoder === target) channel.target = undefined;
  }

  #data(command: number, data: readonly number[]): number[] {
    const crc = crc16(Uint8Array.of(this.address, command, ...data), 0x1021);
    return [...data, crc >> 8, crc & 0xff];
  }
}

function newChannel(): Channel {
  return { duty: 1234, speed: 0, encoder: 0, target: undefined };
}

function u32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >> shift) & 0xff);
}
