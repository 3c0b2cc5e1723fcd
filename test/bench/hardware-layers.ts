/** The layers that something goes through: the raw library, the hardware layer, a call to the module, a call through the supervisor. */
import { createRequire } from "node:module";
import type { Client } from "@grpc/grpc-js";
import type { Wire } from "../../hardware-tests/rig.js";
import type { Hardware, LineAddress } from "../../src/hardware/index.js";
import { createClient } from "../../src/proto/client.js";
import { BoardServiceDefinition } from "../../src/proto/gen/viam/component/board/v1/board.js";
import { MovementSensorServiceDefinition } from "../../src/proto/gen/viam/component/movementsensor/v1/movementsensor.js";
import { type Layer, pace, paceEdges, paceSync } from "./hardware-pace.js";
import { type OnEdge, onoffLine, RawLines, watchWithOnoff } from "./hardware-raw.js";

const BLOCK = 6;
const IN_FLIGHT = 16;
const CALL = { timeout: 10_000 };

/** To the module's own socket, and to the supervisor. */
export interface Channels {
  readonly direct: Client;
  readonly through: Client;
}

export interface MeasuredChip {
  readonly bus: number;
  readonly address: number;
  readonly model: string;
  /** The first of the six that hold its acceleration. */
  readonly register: number;
}

/** As configs of boards name it. */
export function pinName({ chip, offset }: LineAddress): string {
  return `${chip}:${offset}`;
}

export function localWrites(hardware: Hardware, wire: Wire): Layer[] {
  // Its other end listens from here on.
  wire.level();
  return [
    {
      name: "onoff",
      measure() {
        const line = onoffLine(wire.line, "out");
        const measured = paceSync((count) => line.writeSync(count % 2 === 0 ? 1 : 0));
        line.unexport();
        return measured;
      },
    },
    {
      name: "ioctl through koffi",
      measure() {
        const lines = new RawLines(chipName(hardware, wire), [wire.line.offset], true);
        const set = lines.setter();
        const measured = paceSync((count) => set(count % 2 === 0));
        lines.close();
        return measured;
      },
    },
    {
      name: "hardware layer",
      measure() {
        const lines = hardware.gpio.openOutputs([wire.line], { consumer: "bench", initial: [false] });
        const measured = paceSync((count) => lines.set([count % 2 === 0]));
        lines.close();
        return measured;
      },
    },
  ];
}

export function localEdges(hardware: Hardware, wires: readonly Wire[]): Layer[] {
  const lines = wires.map(({ line }) => line);
  const watchRaw = (onEdge: OnEdge): (() => void) => {
    // A request has lines of one chip.
    const chips = [...new Set(lines.map(({ chip }) => chip))];
    const ends = chips.map((chip) => {
      const mine = wires.filter(({ line }) => line.chip === chip);
      const offsets = mine.map(({ line }) => line.offset);
      const [first] = mine;
      return first === undefined ? () => undefined : new RawLines(chipName(hardware, first), offsets, false).watch(onEdge);
    });
    return () => {
      for (const end of ends) end();
    };
  };
  return [
    { name: "ioctl and epoll", measure: () => paceEdges(wires, watchRaw) },
    { name: "onoff", measure: () => paceEdges(wires, (onEdge) => watchWithOnoff(lines, onEdge)) },
    {
      name: "hardware layer",
      measure: () =>
        paceEdges(wires, (onEdge) => {
          const watched = hardware.gpio.watch(lines, { consumer: "bench" }, (edges) => {
            for (const { time } of edges) onEdge(time);
          });
          return () => watched.close();
        }),
    },
  ];
}

export function localReads(hardware: Hardware, { bus, address, register }: MeasuredChip): Layer[] {
  const { openSync } = createRequire(import.meta.url)("i2c-bus") as typeof import("i2c-bus");
  const buffer = Buffer.alloc(BLOCK);
  const device = hardware.i2c.device(bus, address);
  return [
    {
      name: "i2c-bus, promise",
      async measure() {
        const open = openSync(bus);
        const promised = open.promisifiedBus();
        const measured = await pace(() => promised.readI2cBlock(address, register, BLOCK, buffer));
        open.closeSync();
        return measured;
      },
    },
    {
      name: "i2c-bus, sync",
      measure() {
        const open = openSync(bus);
        const measured = paceSync(() => void open.readI2cBlockSync(address, register, BLOCK, buffer));
        open.closeSync();
        return measured;
      },
    },
    { name: "hardware layer", measure: () => pace(() => device.readBlock(register, BLOCK)) },
  ];
}

export function boardCalls(
  name: string,
  channels: Channels,
): { readonly writes: (line: LineAddress) => Layer[]; readonly edges: (wires: readonly Wire[], interrupts: readonly string[]) => Layer[] } {
  const direct = createClient(BoardServiceDefinition, channels.direct);
  const through = createClient(BoardServiceDefinition, channels.through);
  const set = (client: typeof direct, line: LineAddress) => (count: number) =>
    client.setGPIO({ name, pin: pinName(line), high: count % 2 === 0, extra: undefined }, CALL);
  const stream = (client: typeof direct, pinNames: readonly string[]) => async (onEdge: OnEdge) => {
    const end = new AbortController();
    const ticks = client.streamTicks({ name, pinNames: [...pinNames], extra: undefined }, { signal: end.signal })[Symbol.asyncIterator]();
    await ticks.next(); // says that edges are told from here on
    void (async () => {
      for (let tick = await ticks.next(); tick.done !== true; tick = await ticks.next()) onEdge(tick.value.time);
    })().catch(() => undefined); // it was ended
    return () => end.abort();
  };
  return {
    writes: (line) => callLayers(set(direct, line), set(through, line)),
    edges: (wires, interrupts) => [
      { name: "stream of the module", measure: () => paceEdges(wires, stream(direct, interrupts)) },
      { name: "stream through the supervisor", measure: () => paceEdges(wires, stream(through, interrupts)) },
    ],
  };
}

export function motionCalls(name: string, channels: Channels): Layer[] {
  const call = (channel: Client): (() => Promise<unknown>) => {
    const client = createClient(MovementSensorServiceDefinition, channel);
    return () => client.getLinearAcceleration({ name, extra: undefined }, CALL);
  };
  return callLayers(call(channels.direct), call(channels.through));
}

function callLayers(direct: (count: number) => Promise<unknown>, through: (count: number) => Promise<unknown>): Layer[] {
  return [
    { name: "call to the module", measure: () => pace(direct) },
    { name: "call through the supervisor", measure: () => pace(through) },
    { name: `${IN_FLIGHT} calls to the module`, measure: () => pace(direct, IN_FLIGHT) },
    { name: `${IN_FLIGHT} calls through the supervisor`, measure: () => pace(through, IN_FLIGHT) },
  ];
}

function chipName({ gpio }: Hardware, { line }: Wire): string {
  const chip = gpio.chips().find(({ label }) => label === line.chip);
  if (chip === undefined) throw new Error(`no GPIO chip is labelled ${line.chip}`);
  return chip.name;
}
