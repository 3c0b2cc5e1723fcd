/** One servo on its bus: registers read and written, its error bits understood, the echo of half-duplex adapters dropped. */
import { failedPrecondition } from "pinion/sdk";
import type { SerialBus } from "../port/serial-bus.js";
import { areSame, INSTRUCTION, type ServoCodec, type ServoFrame } from "./packet.js";
import type { ServoProtocol } from "./servo-family.js";

export interface Register {
  readonly address: number;
  /** Bytes. */
  readonly size: 1 | 2 | 4;
}

export interface WriteOptions {
  readonly isUrgent?: boolean;
  readonly signal?: AbortSignal;
}

/** Whether adapters send back what they are given; known after the first exchange. */
interface EchoKnowledge {
  hasEcho: boolean | undefined;
}

const echoes = new WeakMap<SerialBus, EchoKnowledge>();

export class ServoLine {
  readonly name: string;
  readonly #bus: SerialBus;
  readonly #id: number;
  readonly #protocol: ServoProtocol;
  readonly #echo: EchoKnowledge;
  #alarms: readonly string[] = [];

  constructor({ bus, id, protocol }: { readonly bus: SerialBus; readonly id: number; readonly protocol: ServoProtocol }) {
    this.#bus = bus;
    this.#id = id;
    this.#protocol = protocol;
    this.name = `servo ${id} on ${bus.link.port}`;
    const echo = echoes.get(bus) ?? { hasEcho: undefined };
    echoes.set(bus, echo);
    this.#echo = echo;
  }

  /** What the servo complained of in its last answer: voltage, temperature, load. */
  get alarms(): readonly string[] {
    return this.#alarms;
  }

  /** Grows when the port was away. */
  get generation(): number {
    return this.#bus.generation;
  }

  /** Unsigned. */
  async read(register: Register, what: string): Promise<number> {
    return this.fromBytes(await this.readBytes(register.address, register.size, what));
  }

  async readBytes(address: number, length: number, what: string): Promise<readonly number[]> {
    const { codec } = this.#protocol;
    const parameters = [...codec.encodeNumber(address), ...codec.encodeNumber(length)];
    const frame = await this.#exchange({ instruction: INSTRUCTION.read, parameters, expected: length, what });
    return frame.parameters;
  }

  async write(register: Register, value: number, what: string, options: WriteOptions = {}): Promise<void> {
    await this.writeBytes(register.address, this.toBytes(value, register.size), what, options);
  }

  /** Throws for an alarm as well: a servo that complains may have switched itself off. */
  async writeBytes(address: number, bytes: readonly number[], what: string, options: WriteOptions = {}): Promise<void> {
    const parameters = [...this.#protocol.codec.encodeNumber(address), ...bytes];
    await this.#exchange({ instruction: INSTRUCTION.write, parameters, expected: 0, what, ...options });
    if (this.#alarms.length === 0) return;
    const alarms = await this.readAlarms();
    throw failedPrecondition(`${this.name}: ${what}: the servo reports ${alarms.join(", ")}`);
  }

  /** What it suffers from at present. */
  async readAlarms(): Promise<readonly string[]> {
    const { alarmDetails } = this.#protocol;
    if (alarmDetails === undefined || this.#alarms.length === 0) return this.#alarms;
    const details = alarmDetails.texts(await this.read(alarmDetails.register, "reading the hardware error"));
    return details.length === 0 ? this.#alarms : details;
  }

  toBytes(value: number, size: number): number[] {
    return toBytes(value, size, this.#protocol.byteOrder);
  }

  fromBytes(bytes: readonly number[]): number {
    return fromBytes(bytes, this.#protocol.byteOrder);
  }

  async #exchange({ instruction, parameters, expected, what, ...options }: Question): Promise<ServoFrame> {
    const { codec, faults, alarms } = this.#protocol;
    const request = codec.encode({ id: this.#id, instruction, parameters });
    const echoLength = this.#echo.hasEcho === false ? 0 : request.length;
    const frame = await this.#bus.exchange({
      request,
      what: `${this.name}: ${what}`,
      answerLength: codec.answerLength(expected) + echoLength,
      parse: (received, isLast) => this.#answer({ received, request, isLast, expected }),
      ...options,
    });
    const refused = faults(frame.error);
    if (refused.length > 0) throw failedPrecondition(`${this.name}: ${what}: the servo refuses: ${refused.join(", ")}`);
    this.#alarms = alarms(frame.error);
    return frame;
  }

  #answer({ received, request, isLast, expected }: Reception): ServoFrame | undefined {
    const { codec } = this.#protocol;
    const frames = codec.decode(received);
    const echo = this.#findEcho(codec, frames, request, isLast);
    if (echo === "undecided") return undefined;
    const own = frames.slice(echo).filter(({ id }) => id === this.#id);
    const answer = own.find(({ parameters, error }) => parameters.length === expected || (parameters.length === 0 && error !== 0));
    if (answer !== undefined && this.#protocol.isGarbled(answer.error)) throw new Error("the servo received a garbled request");
    if (answer !== undefined || !isLast) return answer;
    if (echo > 0 && frames.length === echo) throw new Error("only the echo of the request came back: no servo with this id answers");
    const other = frames.slice(echo)[0];
    if (other === undefined) return undefined;
    const text =
      other.id === this.#id
        ? `expected ${expected} bytes of data, got ${other.parameters.length}`
        : `expected an answer of servo ${this.#id}, got one of servo ${other.id}`;
    throw new Error(text);
  }

  /** How many frames at the beginning are echo. */
  #findEcho(codec: ServoCodec, frames: readonly ServoFrame[], request: Uint8Array, isLast: boolean): number | "undecided" {
    const [first, second] = frames;
    if (!codec.isEchoAmbiguous || first === undefined || this.#echo.hasEcho === false) return 0;
    if (!areSame(first.bytes, request)) {
      // Only an answer in the right place tells that there is no echo.
      if (first.id === this.#id) this.#echo.hasEcho = false;
      return 0;
    }
    if (second !== undefined) this.#echo.hasEcho = true;
    if (second !== undefined || this.#echo.hasEcho === true || isLast) return 1;
    return "undecided";
  }
}

interface Question extends WriteOptions {
  readonly instruction: number;
  readonly parameters: readonly number[];
  /** Bytes of data in the answer. */
  readonly expected: number;
  readonly what: string;
}

interface Reception {
  readonly received: Uint8Array;
  readonly request: Uint8Array;
  readonly isLast: boolean;
  readonly expected: number;
}

export function toBytes(value: number, size: number, order: "little" | "big"): number[] {
  const bytes = Array.from({ length: size }, (_, index) => Math.floor((value >>> 0) / 256 ** index) & 0xff);
  return order === "little" ? bytes : bytes.toReversed();
}

export function fromBytes(bytes: readonly number[], order: "little" | "big"): number {
  return (order === "little" ? bytes.toReversed() : bytes).reduce((value, byte) => value * 256 + byte, 0);
}
