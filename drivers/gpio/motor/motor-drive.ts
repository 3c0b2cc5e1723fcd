/** From a power to the pins of a motor driver, in an order in which the motor never gets more than it should. */
import { inTurn } from "../pins/in-turn.js";
import type { EnablePin, OutputPins, PinSource, PinUser, PwmPin } from "../pins/pin-source.js";
import type { DriverPins, Wiring } from "./gpio-attributes.js";

export interface MotorDriveOptions {
  readonly source: PinSource;
  readonly wiring: Wiring;
  readonly pins: Pick<DriverPins, "en_high" | "en_low">;
  /** Hertz. */
  readonly frequency: number;
  readonly user: PinUser;
}

/** How the pins of one wiring say a power. */
interface Bridge {
  /** `power` other than 0, -1 to 1. `enable` runs when the pins that say the direction do. */
  drive(power: number, enable: () => Promise<void>): Promise<void>;
  off(): Promise<void>;
  close(): Promise<void>;
}

export class MotorDrive {
  readonly #bridge: Bridge;
  readonly #enables: readonly EnablePin[];
  readonly #inTurn = inTurn();
  #power = 0;

  private constructor(bridge: Bridge, enables: readonly EnablePin[]) {
    this.#bridge = bridge;
    this.#enables = enables;
  }

  /** Stopped and off. */
  static async open({ source, wiring, pins, frequency, user }: MotorDriveOptions): Promise<MotorDrive> {
    const opened: { close(): Promise<void> }[] = [];
    const keep = async <T extends { close(): Promise<void> }>(pin: Promise<T>): Promise<T> => {
      opened.push(await pin);
      return await pin;
    };
    try {
      const enables: EnablePin[] = [];
      if (pins.en_high !== undefined) enables.push(await keep(source.openEnable(pins.en_high, false, user)));
      if (pins.en_low !== undefined) enables.push(await keep(source.openEnable(pins.en_low, true, user)));
      const bridge = await openBridge(wiring, frequency, {
        outputs: (names) => keep(source.openOutputs(names, user)),
        pwm: (name) => keep(source.openPwm(name, { isExact: false }, user)),
      });
      return new MotorDrive(bridge, enables);
    } catch (error) {
      await all(opened.map((pin) => () => pin.close())).catch(() => undefined); // the first error says why
      throw error;
    }
  }

  /** What it was told last, -1 to 1; 0 only when its pins are known to be off. */
  get power(): number {
    return this.#power;
  }

  /** -1 to 1; 0 is `off`. When a pin fails, the motor is off. */
  set(power: number): Promise<void> {
    if (power === 0) return this.off();
    return this.#inTurn(async () => {
      try {
        this.#power = power;
        await this.#bridge.drive(power, () => this.#enable(true));
      } catch (error) {
        await this.#off().catch(() => undefined); // the first error says why
        throw error;
      }
    });
  }

  off(): Promise<void> {
    return this.#inTurn(() => this.#off());
  }

  async close(): Promise<void> {
    await this.#inTurn(() => all([() => this.#off(), () => this.#bridge.close(), ...this.#enables.map((pin) => () => pin.close())]));
  }

  async #off(): Promise<void> {
    await all([() => this.#bridge.off(), () => this.#enable(false)]);
    this.#power = 0;
  }

  async #enable(isOn: boolean): Promise<void> {
    await all(this.#enables.map((pin) => () => pin.set(isOn)));
  }
}

interface Openers {
  outputs(names: readonly string[]): Promise<OutputPins>;
  pwm(name: string): Promise<PwmPin>;
}

async function openBridge(wiring: Wiring, frequency: number, { outputs, pwm }: Openers): Promise<Bridge> {
  switch (wiring.kind) {
    case "a-b-pwm": {
      const speed = await pwm(wiring.pwm);
      return directed(await outputs([wiring.a, wiring.b]), speed, frequency, {
        forward: [true, false],
        backward: [false, true],
        off: [false, false],
      });
    }
    case "dir-pwm": {
      const speed = await pwm(wiring.pwm);
      return directed(await outputs([wiring.dir]), speed, frequency, { forward: [true], backward: [false], off: [false] });
    }
    case "a-b":
      return halves(await pwm(wiring.a), await pwm(wiring.b), frequency);
  }
}

interface Directions {
  readonly forward: readonly boolean[];
  readonly backward: readonly boolean[];
  readonly off: readonly boolean[];
}

/** Levels say the direction, PWM on a pin of its own the power. */
function directed(outputs: OutputPins, speed: PwmPin, frequency: number, { forward, backward, off }: Directions): Bridge {
  let direction = 0;
  return {
    drive: async (power, enable) => {
      if (Math.sign(power) !== direction) {
        // Turned round only without power.
        if (direction !== 0) await speed.set(frequency, 0);
        direction = Math.sign(power);
        await outputs.set(power > 0 ? forward : backward);
        await enable();
      }
      await speed.set(frequency, Math.abs(power));
    },
    off: async () => {
      direction = 0;
      await all([() => speed.set(frequency, 0), () => outputs.set(off)]);
    },
    close: async () => await all([() => speed.close(), () => outputs.close()]),
  };
}

/** One input is held high, the other pulsed low: the motor gets power while the two differ. */
function halves(a: PwmPin, b: PwmPin, frequency: number): Bridge {
  let direction = 0;
  return {
    drive: async (power, enable) => {
      const [held, pulsed] = power > 0 ? [a, b] : [b, a];
      await pulsed.set(frequency, 1 - Math.abs(power));
      if (Math.sign(power) === direction) return;
      direction = Math.sign(power);
      await held.set(frequency, 1);
      // Last: between the two settings above the motor would be driven the other way.
      await enable();
    },
    off: async () => {
      direction = 0;
      await all([() => a.set(frequency, 0), () => b.set(frequency, 0)]);
    },
    close: async () => await all([() => a.close(), () => b.close()]),
  };
}

/** Does all steps whatever fails, and throws the first error afterwards. */
async function all(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
