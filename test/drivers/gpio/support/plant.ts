/** A motor with an encoder behind the pins of a FakeGpio: turns as its driver's pins say, and walks the encoder's lines. */
import type { LineAddress } from "pinion/hardware";
import type { FakeHardware } from "pinion/hardware/testing";
import type { FakeClock } from "../../../support/fake-clock.js";

export interface PlantOptions {
  readonly fake: FakeHardware;
  readonly clock: FakeClock;
  /** -1 to 1, as the pins say now. */
  readonly power: () => number;
  readonly a: LineAddress;
  readonly b: LineAddress;
  /** Ticks a second at full power; an encoder's tick is two steps of its lines. */
  readonly fastest: number;
  /** Milliseconds in which 63 % of a change of speed is done. */
  readonly lag: number;
}

/** States (a, b) of an encoder that turns forward. */
const FORWARD: readonly (readonly [boolean, boolean])[] = [
  [false, false],
  [false, true],
  [true, true],
  [true, false],
];

export class Plant {
  readonly #options: PlantOptions;
  #speed = 0;
  #ticks = 0;
  #state = 0;
  /** The shaft is held. */
  isBlocked = false;
  /** The encoder's wires are swapped. */
  isSwapped = false;

  constructor(options: PlantOptions) {
    this.#options = options;
  }

  /** Exact, with parts of ticks. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Ticks a second. */
  get speed(): number {
    return this.#speed;
  }

  /** Lets milliseconds pass until `isOver`, at most `most`. */
  async run(most: number, isOver: () => boolean = () => false): Promise<void> {
    for (let passed = 0; passed < most && !isOver(); passed += 1) {
      await this.#options.clock.advance(1);
      this.#move(1);
    }
  }

  #move(duration: number): void {
    const { power, fastest, lag } = this.#options;
    this.#speed += this.isBlocked ? -this.#speed : (power() * fastest - this.#speed) * (1 - Math.exp(-duration / lag));
    this.#ticks += (this.#speed * duration) / 1000;
    const target = Math.floor(this.#ticks * 2);
    while (this.#state !== target) this.#step(Math.sign(target - this.#state));
  }

  #step(direction: number): void {
    const { fake, a, b } = this.#options;
    this.#state += direction;
    const [isHighA, isHighB] = FORWARD[((this.#state % 4) + 4) % 4] ?? [false, false];
    fake.gpio.drive(a, this.isSwapped ? isHighB : isHighA);
    fake.gpio.drive(b, this.isSwapped ? isHighA : isHighB);
  }
}
