/**
 * An MCP23017 as a board: 16 pins with pull-up resistors and interrupts. A pin is an input until it is set. After its supply was away its pins are
 * inputs again until they are set anew; pull-ups and interrupts come back by themselves.
 */
import type { I2cDevice } from "pinion/hardware";
import { board, type CallOptions, invalidArgument, type Lifecycle, type ResourceContext, type Tick, TickFeed } from "pinion/sdk";
import { Chip, hex } from "../chip.js";
import { InterruptLine } from "../interrupt-line.js";
import { Poller } from "../poller.js";
import type { Rig } from "../rig.js";
import { ExpanderBoard } from "./expander-board.js";
import { type Mcp23017Attributes, safeLevelsOf } from "./mcp23017-attributes.js";
import { EdgeMemory, parseCapture } from "./mcp23017-edges.js";
import { bitOf, MIRROR, PINS, pinOf, REGISTER, registerOf } from "./mcp23017-registers.js";

export { schema, validate } from "./mcp23017-attributes.js";

/** Looks while the interrupt line is heard as well: for what came while it was not. */
const SLOW_POLL = 500;
/** Looks in a row while pins keep changing. */
const MOST_LOOKS = 16;

export async function create(context: ResourceContext<Mcp23017Attributes>, rig: Rig): Promise<Mcp23017Board> {
  return await new Mcp23017Board(context, rig).open();
}

interface Interrupt {
  readonly pin: number;
  count: number;
}

class Mcp23017Board extends ExpanderBoard implements Lifecycle<Mcp23017Attributes> {
  protected readonly kind = "an MCP23017";
  readonly #context: ResourceContext<Mcp23017Attributes>;
  readonly #rig: Rig;
  readonly #chip: Chip;
  readonly #names = new Map<string, number>();
  readonly #interrupts = new Map<string, Interrupt>();
  readonly #feeds = new Map<TickFeed, ReadonlySet<string>>();
  readonly #edges = new EdgeMemory();
  readonly #outputs = new Set<number>();
  #watching: Promise<void> | undefined;
  #poller: Poller | undefined;
  #line: InterruptLine | undefined;

  constructor(context: ResourceContext<Mcp23017Attributes>, rig: Rig) {
    super();
    this.#context = context;
    this.#rig = rig;
    const { attributes, logger } = context;
    for (const { pin, name } of attributes.pins) if (name !== undefined) this.#names.set(name, pin);
    for (const { name, pin } of attributes.digital_interrupts) this.#interrupts.set(name, { pin, count: 0 });
    const profile = {
      name: "MCP23017",
      hint: "its pins A0 to A2 set the address, 32 to 39: see i2c_addr",
      isConfigured: (device: I2cDevice) => this.#isConfigured(device),
      configure: (device: I2cDevice) => this.#configure(device),
    };
    this.#chip = new Chip(rig, { profile, bus: attributes.i2c_bus, address: attributes.i2c_addr, logger });
    this.#chip.onReset = () => {
      this.#outputs.clear();
      this.#edges.clear();
    };
  }

  async open(): Promise<this> {
    await this.#chip.open();
    if (this.#interrupts.size > 0) await this.#watched();
    return this;
  }

  override async setGpio(name: string, isHigh: boolean): Promise<void> {
    const pin = this.#pinOf(name);
    if (this.#mask() & (1 << pin)) throw invalidArgument(`pin ${name} is a digital interrupt and cannot be set`);
    const [latch, direction, bit] = [registerOf("OLAT", pin), registerOf("IODIR", pin), bitOf(pin)];
    await this.#chip.use(async (device) => {
      const levels = await device.readByte(latch);
      await device.writeByte(latch, isHigh ? levels | bit : levels & ~bit);
      // The level first: the pin never shows another one.
      const inputs = await device.readByte(direction);
      if (inputs & bit) await device.writeByte(direction, inputs & ~bit);
    });
    this.#outputs.add(pin);
  }

  /** The level at the pin, of outputs too. Does not make it an input. */
  override async getGpio(name: string): Promise<boolean> {
    const pin = this.#pinOf(name);
    // Reading the port takes interrupts back, so they are read with it.
    if (this.#mask() !== 0) await this.#look();
    return ((await this.#chip.use((device) => device.readByte(registerOf("GPIO", pin)))) & bitOf(pin)) !== 0;
  }

  override async getDigitalInterruptValue(name: string): Promise<number> {
    const interrupt = await this.#interrupt(name);
    await this.#look();
    return interrupt.count;
  }

  override async streamTicks(names: readonly string[], options?: CallOptions): Promise<AsyncIterable<Tick>> {
    for (const name of names) await this.#interrupt(name);
    await this.#look(); // what was before is not told
    const feed = new TickFeed({ signal: options?.signal, onEnd: () => this.#feeds.delete(feed) });
    this.#feeds.set(feed, new Set(names));
    return feed;
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return { digital_interrupts: Object.fromEntries([...this.#interrupts].map(([name, { count }]) => [name, count])) };
  }

  async close(): Promise<void> {
    for (const feed of [...this.#feeds.keys()]) feed.end();
    await this.#line?.close();
    await this.#poller?.close();
    const safe = safeLevelsOf(this.#context.attributes);
    await this.#chip.close(async (device) => {
      for (const port of [0, 1] as const) {
        const used = [...this.#outputs].filter((pin) => pin >> 3 === port).reduce((bits, pin) => bits | bitOf(pin), 0);
        if (used === 0) continue;
        const latch = registerOf("OLAT", port * 8);
        await device.writeByte(latch, ((await device.readByte(latch)) & ~used) | (safe[port] & used));
      }
    });
  }

  #pinOf(name: string): number {
    const pin = this.#names.get(name) ?? pinOf(name) ?? this.#interrupts.get(name)?.pin;
    if (pin !== undefined) return pin;
    throw invalidArgument(`cannot find GPIO for unknown pin: ${name}; an MCP23017 has A0 to A7 and B0 to B7, or 0 to ${PINS - 1}`);
  }

  /** An interrupt by its name; a pin that is asked for as one becomes one. */
  async #interrupt(name: string): Promise<Interrupt> {
    const known = this.#interrupts.get(name);
    if (known !== undefined) return known;
    const pin = this.#pinOf(name);
    if (this.#outputs.has(pin)) throw invalidArgument(`pin ${name} is an output: it cannot be a digital interrupt`);
    const interrupt = { pin, count: 0 };
    this.#interrupts.set(name, interrupt);
    try {
      await this.#chip.use((device) => this.#arm(device));
      await this.#watched();
    } catch (error) {
      this.#interrupts.delete(name);
      throw error;
    }
    return interrupt;
  }

  /** Bits of the pins that are interrupts. */
  #mask(): number {
    return [...this.#interrupts.values()].reduce((bits, { pin }) => bits | (1 << pin), 0);
  }

  /** Begins to watch with the first interrupt. */
  #watched(): Promise<void> {
    this.#watching ??= this.#watch().catch((error: unknown) => {
      this.#watching = undefined;
      throw error;
    });
    return this.#watching;
  }

  async #watch(): Promise<void> {
    const { attributes, dependencies, logger } = this.#context;
    const { board: name, interrupt_pin: interrupt, poll_hz: rate } = attributes;
    const { clock } = this.#rig;
    const look = (time?: bigint): Promise<void> => this.#look(time).catch(() => undefined); // logged by the chip
    await this.#look();
    if (name !== undefined && interrupt !== undefined) {
      this.#line = await InterruptLine.open({
        board: dependencies.get(board, name),
        interrupts: [interrupt],
        clock,
        logger,
        onListening: () => look(),
        onTick: async ({ isHigh, time }) => {
          if (!isHigh) await look(time);
        },
      });
    }
    this.#poller = new Poller(clock, this.#line === undefined ? 1000 / rate : SLOW_POLL, () => look());
  }

  /** Until nothing changes any more: the line stays low over changes in the meantime, and would not tell them. */
  async #look(time?: bigint): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const capture = await this.#chip.use(async (device) => parseCapture(await device.readBlock(REGISTER.INTF, 6)));
      const edges = this.#edges.take(capture, this.#mask());
      const at = time ?? process.hrtime.bigint();
      for (const { pin, isHigh } of edges) {
        for (const [name, interrupt] of this.#interrupts) {
          if (interrupt.pin !== pin) continue;
          if (isHigh) interrupt.count++;
          for (const [feed, names] of this.#feeds) if (names.has(name)) feed.push({ pin: name, time: at, isHigh });
        }
      }
      if (edges.length === 0) return;
    }
  }

  async #isConfigured(device: I2cDevice): Promise<boolean> {
    return (await device.readByte(REGISTER.IOCON)) === MIRROR;
  }

  async #configure(device: I2cDevice): Promise<void> {
    // With BANK = 1, which another program may have set, this is IOCON; else it switches interrupts of port B off.
    await device.writeByte(REGISTER.GPINTEN + 1, 0);
    for (const port of [0, 8]) {
      const pulls = this.#context.attributes.pins.filter(({ pin, pull }) => pin >> 3 === port >> 3 && pull === "up");
      await device.writeByte(registerOf("IPOL", port), 0);
      await device.writeByte(
        registerOf("GPPU", port),
        pulls.reduce((bits, { pin }) => bits | bitOf(pin), 0),
      );
    }
    await this.#arm(device);
    // Last: it stands for all of the others.
    await device.writeByte(REGISTER.IOCON, MIRROR);
    const found = await device.readByte(REGISTER.IOCON);
    if (found !== MIRROR) {
      throw new Error(
        `it does not keep its configuration: wrote ${hex(MIRROR)} to register 0x0a, read ${hex(found)}; is it an MCP23017? Check i2c_addr`,
      );
    }
  }

  /** Interrupts at every change of the pins that are ones. */
  async #arm(device: I2cDevice): Promise<void> {
    const mask = this.#mask();
    for (const port of [0, 8]) {
      const bits = (mask >> port) & 0xff;
      if (bits !== 0) {
        const direction = registerOf("IODIR", port);
        await device.writeByte(direction, (await device.readByte(direction)) | bits);
      }
      await device.writeByte(registerOf("INTCON", port), 0);
      await device.writeByte(registerOf("GPINTEN", port), bits);
    }
  }
}
