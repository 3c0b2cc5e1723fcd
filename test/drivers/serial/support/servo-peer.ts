/** Bus servos at the other end of the line: registers that are read and written, a shaft that moves a step whenever its position is read. */

import { packetOne } from "../../../../drivers/serial/bus-servo/packet-one.js";
import { encodeStatusTwo, packetTwo } from "../../../../drivers/serial/bus-servo/packet-two.js";
import type { ServoFamily } from "../../../../drivers/serial/bus-servo/servo-family.js";
import { fromBytes, toBytes } from "../../../../drivers/serial/bus-servo/servo-line.js";
import { crc16 } from "../../../../drivers/serial/port/crc-16.js";

export type Distortion = (answer: number[]) => readonly number[] | undefined;

export interface ServoPeerOptions {
  readonly id?: number;
  readonly family: ServoFamily;
  /** First bytes of the register table. */
  readonly memory?: Readonly<Record<number, number>>;
}

export class ServoPeer {
  readonly id: number;
  readonly memory: Uint8Array = new Uint8Array(256);
  /** Writes: address and bytes. */
  readonly writes: { readonly address: number; readonly bytes: readonly number[] }[] = [];
  readonly distortions: Distortion[] = [];
  /** Error byte of all answers. */
  error = 0;
  isSilent = false;
  isStuck = false;
  /** Steps that the shaft moves with each look at its position; a wheel turns by as many for each rpm. */
  stepSize = 200;
  readonly #family: ServoFamily;
  #rest: number[] = [];

  constructor({ id = 1, family, memory = {} }: ServoPeerOptions) {
    this.id = id;
    this.#family = family;
    for (const [address, value] of Object.entries(memory)) this.memory[Number(address)] = value;
  }

  /** Of a register. */
  get(address: number, size: number): number {
    return fromBytes([...this.memory.subarray(address, address + size)], this.#family.protocol.byteOrder);
  }

  set(address: number, size: number, value: number): void {
    this.memory.set(toBytes(value, size, this.#family.protocol.byteOrder), address);
  }

  /** What was written to one address. */
  written(address: number): readonly (readonly number[])[] {
    return this.writes.filter((write) => write.address === address).map(({ bytes }) => bytes);
  }

  take(bytes: Uint8Array): number[] {
    this.#rest.push(...bytes);
    const answers: number[] = [];
    for (let request = this.#next(); request !== undefined; request = this.#next()) {
      if (request.id !== this.id || this.isSilent) continue;
      const answer = [...this.#answer(request.instruction, request.parameters)];
      answers.push(...((this.distortions.shift() ?? ((plain) => plain))(answer) ?? []));
    }
    return answers;
  }

  #next(): { id: number; instruction: number; parameters: number[] } | undefined {
    const isTwo = this.#isTwo;
    const header = isTwo ? 7 : 4;
    if (this.#rest.length < header) return undefined;
    const length = isTwo ? (this.#rest[5] ?? 0) | ((this.#rest[6] ?? 0) << 8) : (this.#rest[3] ?? 0);
    if (this.#rest.length < header + length) return undefined;
    const packet = this.#rest.splice(0, header + length);
    if (isTwo) {
      const crc = crc16(Uint8Array.from(packet.slice(0, -2)), 0x8005);
      if (packet.at(-2) !== (crc & 0xff) || packet.at(-1) !== crc >> 8) throw new Error(`bad CRC in ${packet.join(" ")}`);
      return { id: packet[4] ?? 0, instruction: packet[7] ?? 0, parameters: packet.slice(8, -2) };
    }
    if (packetOne.decode(Uint8Array.from(packet)).length !== 1) throw new Error(`bad checksum in ${packet.join(" ")}`);
    return { id: packet[2] ?? 0, instruction: packet[4] ?? 0, parameters: packet.slice(5, -1) };
  }

  #answer(instruction: number, parameters: readonly number[]): Uint8Array {
    const width = this.#isTwo ? 2 : 1;
    const address = fromBytes(parameters.slice(0, width), "little");
    if (instruction === 2) {
      if (address === this.#family.position.register.address) this.#step();
      const length = fromBytes(parameters.slice(width), "little");
      return this.#status([...this.memory.subarray(address, address + length)]);
    }
    if (instruction === 3) {
      const bytes = parameters.slice(width);
      this.memory.set(bytes, address);
      this.writes.push({ address, bytes });
    }
    return this.#status([]);
  }

  #status(parameters: readonly number[]): Uint8Array {
    const { id, error } = this;
    return this.#isTwo ? encodeStatusTwo({ id, error, parameters }) : packetOne.encode({ id, instruction: error, parameters });
  }

  /** Moves towards the goal, or turns the wheel. */
  #step(): void {
    const { position, goal, velocity, moving, torque, wheelModulus } = this.#family;
    const { address, size } = position.register;
    const here = position.toValue(this.get(address, size));
    const speed = velocity(1, 57);
    const turn = this.#wheelRpm(speed.address, speed.bytes.length);
    if (this.isStuck || this.memory[torque.address] === 0) return;
    if (turn !== undefined && wheelModulus !== undefined) {
      const next = here + Math.round(turn * this.stepSize);
      this.set(address, size, wheelModulus === 2 ** 32 ? next : ((next % wheelModulus) + wheelModulus) % wheelModulus);
      return;
    }
    const write = goal(0, undefined);
    const wanted = this.get(write.address + (this.#isTwo ? 4 : 0), size);
    const left = wanted - here;
    this.set(address, size, here + Math.sign(left) * Math.min(Math.abs(left), this.stepSize));
    this.memory[moving.address] = Math.abs(left) > this.stepSize ? 1 : 0;
  }

  /** Revolutions per minute, when it is a wheel. */
  #wheelRpm(address: number, size: number): number | undefined {
    const raw = this.get(address, size);
    if (this.#family.name === "Feetech STS") return this.memory[33] === 1 ? (signed(raw, 15) * 60) / 4096 : undefined;
    if (this.#family.name === "Dynamixel X") return this.memory[11] === 1 ? (raw | 0) * 0.229 : undefined;
    return undefined;
  }

  get #isTwo(): boolean {
    return this.#family.protocol.codec === packetTwo;
  }
}

function signed(raw: number, bit: number): number {
  const size = raw & ((1 << bit) - 1);
  return (raw >> bit) & 1 ? -size : size;
}
