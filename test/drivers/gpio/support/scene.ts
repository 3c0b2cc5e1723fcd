/** A motor with an encoder on its shaft, on the board in memory. */
import assert from "node:assert/strict";
import { board, encoder, type Handle, type Motor, motor } from "pinion/sdk";
import { Bench, io } from "./bench.js";
import { Plant } from "./plant.js";

export const MOTOR = "rdk:builtin:gpio";
export const TICKS = 200;
/** Ticks a second at full power: 300 rpm. */
const FASTEST = 1000;
export const GAINS = { p: 0.08, i: 0.8, d: 0 };

export interface Scene {
  readonly bench: Bench;
  readonly plant: Plant;
  readonly turning: Handle<Motor>;
  /** Lets time pass until `call` has settled. */
  until<T>(call: Promise<T>, most?: number): Promise<T>;
}

export async function scene(attributes: object = {}): Promise<Scene> {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "16", b: "18" } });
  const pins = { a: "11", b: "13", pwm: "15" };
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins, encoder: "e", ticks_per_rotation: TICKS, ...attributes });
  const { gpio, pwm } = bench.fake;
  const level = (offset: number): number => (gpio.level(io(offset)) ? 1 : 0);
  const plant = new Plant({
    fake: bench.fake,
    clock: bench.clock,
    power: () => (level(17) - level(27)) * (pwm.setting(io(22))?.duty ?? 0),
    a: io(23),
    b: io(24),
    fastest: FASTEST,
    lag: 60,
  });
  const until = async <T>(call: Promise<T>, most = 60_000): Promise<T> => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    call.then(over, over);
    await plant.run(most, () => isOver);
    assert.ok(isOver, `not over after ${most} ms of the test's clock`);
    return await call;
  };
  return { bench, plant, turning, until };
}

export function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${actual}`);
}
