/** The rig on a bench: a real board, jumper cables between its pins, real chips, a serial port that hears itself. */
import { createHardware, findPin, type Hardware, type LineAddress, type Lines, type OutputLines } from "../../src/hardware/index.js";
import type { Rig, SerialPeer, Wire } from "../rig.js";
import { readWiring, type WiringLine } from "./wiring.js";

const FAR_END = "bench: far end";

export function openBenchRig(): Rig {
  const file = process.env["PINION_WIRING"];
  if (file === undefined) throw new Error("PINION_WIRING is not set: run `npm run test:bench -- wiring.json`");
  const wiring = readWiring(file);
  const hardware = createHardware();
  const wires = wiring.jumpers.map(
    ([near, far]) => new JumperWire(hardware, lineOf(hardware, near), lineOf(hardware, far), wiring.settleMs),
  );
  const { i2c, serialLoop } = wiring;
  return {
    place: "bench",
    hardware,
    wires,
    i2c: i2c === undefined ? undefined : { bus: i2c.bus, address: (model) => i2c.chips[model], registers: undefined },
    serial: serialLoop === undefined ? undefined : { isLoop: true, plug: async () => loop(serialLoop) },
    async close() {
      for (const wire of wires) wire.release();
      hardware.gpio.close();
      await hardware.i2c.close();
    },
  };
}

function lineOf(hardware: Hardware, line: WiringLine): LineAddress {
  if (typeof line !== "string") return line;
  if (hardware.board === undefined)
    throw new Error(`the wiring names the pin ${line}, but this is no board with a table: name its chip and offset`);
  const pin = findPin(hardware.board, line);
  if (pin === undefined) throw new Error(`the wiring names the pin ${line}, which the ${hardware.board.name} does not have`);
  return pin.line;
}

/** The far end is a pin of the same board, an output or an input as it is needed. */
class JumperWire implements Wire {
  readonly line: LineAddress;
  readonly #hardware: Hardware;
  readonly #far: LineAddress;
  readonly #settleMs: number;
  #open: { readonly output: OutputLines } | { readonly input: Lines } | undefined;

  constructor(hardware: Hardware, line: LineAddress, far: LineAddress, settleMs: number) {
    this.#hardware = hardware;
    this.line = line;
    this.#far = far;
    this.#settleMs = settleMs;
  }

  drive(isHigh: boolean): void {
    this.#drive(isHigh);
    this.#settle();
  }

  #drive(isHigh: boolean): void {
    if (this.#open !== undefined && "output" in this.#open) {
      this.#open.output.set([isHigh]);
      return;
    }
    this.release();
    this.#open = { output: this.#hardware.gpio.openOutputs([this.#far], { consumer: FAR_END, initial: [isHigh] }) };
  }

  level(): boolean {
    if (this.#open === undefined || !("input" in this.#open)) {
      this.release();
      this.#open = { input: this.#hardware.gpio.openInputs([this.#far], { consumer: FAR_END }) };
    }
    this.#settle();
    return this.#open.input.get()[0] === true;
  }

  #settle(): void {
    if (this.#settleMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#settleMs);
  }

  release(): void {
    if (this.#open !== undefined) ("output" in this.#open ? this.#open.output : this.#open.input).close();
    this.#open = undefined;
  }
}

/** What is written comes back by itself: there is nobody to play. */
function loop(port: string): SerialPeer {
  const byHand = (): never => {
    throw new Error(`${port} is a real port: nobody can pull it out but you`);
  };
  return { port, write: byHand, onData: () => undefined, unplug: byHand, replug: byHand };
}
