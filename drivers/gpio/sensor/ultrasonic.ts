/** A distance sensor of the HC-SR04 class: a pulse on the trigger pin, and an echo pin that is high while the sound travels. */
import { type Clock, millis } from "pinion/hardware";
import {
  type DependencyNames,
  failedPrecondition,
  invalidArgument,
  type Lifecycle,
  type ResourceContext,
  type Sensor,
  unavailable,
  type Values,
} from "pinion/sdk";
import * as v from "valibot";
import type { OutputPins, WatchedPins } from "../pins/pin-source.js";
import type { Rig } from "../rig.js";
import { needed, pin, positive } from "../schema.js";
import { pause, type Timing } from "../timing.js";
import { distanceOf, type EchoEdge, echoWidth, speedOfSound } from "./echo.js";

export interface UltrasonicAttributes {
  readonly board: string;
  readonly trigger_pin: string;
  readonly echo_interrupt_pin: string;
  /** Milliseconds. */
  readonly timeout_ms: number;
  readonly temperature_celsius?: number | undefined;
}

export const schema: v.GenericSchema<unknown, UltrasonicAttributes> = v.object({
  board: needed("the name of a board"),
  trigger_pin: pin,
  echo_interrupt_pin: pin,
  timeout_ms: positive(1000),
  temperature_celsius: v.optional(v.pipe(v.number(), v.minValue(-40), v.maxValue(85))),
});

export function validate({ board, trigger_pin: trigger, echo_interrupt_pin: echo }: UltrasonicAttributes): DependencyNames {
  if (trigger === echo) throw invalidArgument(`attributes.echo_interrupt_pin: expected another pin than trigger_pin, got ${echo} for both`);
  return {
    required: [board],
    hardware: {
      claims: [
        { kind: "pin", board, pin: trigger },
        { kind: "pin", board, pin: echo },
      ],
      safe: [{ kind: "pin", board, pin: trigger, isHigh: false }],
    },
  };
}

/** Microseconds that the sensor wants its trigger to be high. */
const PULSE = 10;
/** Milliseconds between two pulses: an echo of the one before must not be taken for one of this. */
const BETWEEN = 60;

export async function create(
  { attributes, dependencies, name, logger }: ResourceContext<UltrasonicAttributes>,
  rig: Rig,
): Promise<Ultrasonic> {
  const source = rig.boards.find(attributes.board, dependencies);
  const user = { name, logger };
  const trigger = await source.openOutputs([attributes.trigger_pin], user);
  try {
    let sensor: Ultrasonic | undefined;
    const echo = await source.watch([attributes.echo_interrupt_pin], user, (edge) => sensor?.edge(edge));
    if (echo.hasKernelTime === false) {
      await echo.close();
      throw failedPrecondition(
        `the distance needs the kernel's time of edges, which ${rig.hardware.gpio.backend} has not: a millisecond is 17 cm. Use a kernel with /dev/gpiochip* (GPIO_CDEV), and let this user read it (group gpio)`,
      );
    }
    if (echo.hasKernelTime === undefined)
      logger.info("the board is of another module: distances are as good as the times that it gives its edges");
    sensor = new Ultrasonic(attributes, { trigger, echo, timing: rig.timing });
    return sensor;
  } catch (error) {
    await trigger.close().catch(() => undefined); // the first error says why
    throw error;
  }
}

interface UltrasonicPins {
  readonly trigger: OutputPins;
  readonly echo: WatchedPins;
  readonly timing: Timing;
}

class Ultrasonic implements Sensor, Lifecycle<UltrasonicAttributes> {
  readonly #attributes: UltrasonicAttributes;
  readonly #pins: UltrasonicPins;
  readonly #closing = new AbortController();
  #edges: EchoEdge[] = [];
  #onEdge: () => void = () => undefined;
  /** The measurement that runs: all who ask meanwhile get what it gives. */
  #running: Promise<number> | undefined;
  #last = Number.NEGATIVE_INFINITY;

  constructor(attributes: UltrasonicAttributes, pins: UltrasonicPins) {
    this.#attributes = attributes;
    this.#pins = pins;
  }

  edge(edge: EchoEdge): void {
    if (this.#running === undefined) return; // a pin that nothing is connected to may have edges without end
    this.#edges.push(edge);
    this.#onEdge();
  }

  /** `distance` in metres. */
  async getReadings(): Promise<Values> {
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return { distance: await this.#running };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running?.catch(() => undefined); // its callers have the error
    try {
      await this.#pins.echo.close();
    } finally {
      await this.#pins.trigger.close();
    }
  }

  async #measure(): Promise<number> {
    const { trigger, echo, timing } = this.#pins;
    const { clock } = timing;
    await pause(clock, Math.max(this.#last + BETWEEN - clock.now(), 0), this.#closing.signal);
    this.#assertUsable();
    const [isHigh] = await echo.get();
    if (isHigh === true)
      throw unavailable("the echo pin is high before the pulse: the sensor is stuck or has no supply, or the pins are swapped");
    const lost = echo.lost;
    this.#edges = [];
    this.#last = clock.now();
    await trigger.set([true]);
    timing.spin(PULSE);
    await trigger.set([false]);
    const width = await this.#echo(clock);
    this.#assertUsable();
    if (width === undefined) throw this.#silence();
    if (echo.lost !== lost) throw unavailable("edges of the echo pin were lost: the reading would be wrong; try again");
    return distanceOf(width, speedOfSound(this.#attributes.temperature_celsius));
  }

  /** Nanoseconds; undefined when it did not come in time. */
  #echo(clock: Clock): Promise<number | undefined> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#onEdge = () => undefined;
        this.#closing.signal.removeEventListener("abort", end);
        resolve(echoWidth(this.#edges));
      };
      const timer = clock.after(millis(this.#attributes.timeout_ms), end);
      this.#onEdge = () => {
        if (echoWidth(this.#edges) !== undefined) end();
      };
      this.#closing.signal.addEventListener("abort", end, { once: true });
      this.#onEdge();
    });
  }

  #silence(): Error {
    const { trigger_pin: trigger, echo_interrupt_pin: echo, timeout_ms: timeout } = this.#attributes;
    if (this.#edges.some((edge) => edge.isHigh))
      return unavailable(`the echo pin ${echo} rose and did not fall within ${timeout} ms: the sensor is stuck`);
    return unavailable(
      `the echo pin ${echo} did not rise within ${timeout} ms of the pulse on ${trigger}: check both wires and the sensor's 5 V`,
    );
  }

  #assertUsable(): void {
    if (this.#closing.signal.aborted) throw unavailable("the sensor is closed");
    const { failure } = this.#pins.echo;
    if (failure !== undefined) throw unavailable(failure.message, { cause: failure });
  }
}
