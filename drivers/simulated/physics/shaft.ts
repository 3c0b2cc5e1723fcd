/**
 * The shaft of a DC motor. Its speed follows what the motor is told with a first-order lag, as a winding with a load does:
 *
 *   speed(t) = wanted + (speed0 - wanted) * exp(-t / lag)
 *
 * Left alone it coasts `speed * lag` further. Angle + speed * lag therefore grows linearly while it is driven, which gives the moment
 * to switch off so that it comes to rest exactly at a target.
 */

export interface ShaftOptions {
  /** Seconds in which a change of speed is done to 63 %. */
  readonly lag: number;
  /** The same while it is braked. */
  readonly brakeLag: number;
}

/** Revolutions and revolutions per second. */
export interface ShaftState {
  readonly angle: number;
  readonly speed: number;
}

/** From `start` on, until the next leg starts. */
interface Leg extends ShaftState {
  readonly start: number;
  readonly wanted: number;
  readonly lag: number;
}

// The last part of a coast takes for ever; this close to its end it is over. Revolutions.
const REST = 1e-4;

export class Shaft {
  readonly #now: () => number;
  readonly #options: ShaftOptions;
  #legs: readonly [Leg, ...Leg[]];

  constructor(now: () => number, options: ShaftOptions) {
    this.#now = now;
    this.#options = options;
    this.#legs = [{ start: now(), angle: 0, speed: 0, wanted: 0, lag: options.lag }];
  }

  state(): ShaftState {
    const now = this.#now();
    let current: Leg = this.#legs[0];
    for (const leg of this.#legs) if (leg.start <= now) current = leg;
    return stateOf(current, now);
  }

  /** Turns at `speed` (revolutions per second, signed) until told otherwise. */
  drive(speed: number): void {
    this.#begin(speed, this.#options.lag);
  }

  /** Brings it to a stand. */
  brake(): void {
    this.#begin(0, this.#options.brakeLag);
  }

  /** Turns to `angle` at `speed` (positive) and rests there. Returns the time at which it does. */
  turnTo(angle: number, speed: number): number {
    const now = this.#now();
    const { lag } = this.#options;
    const state = this.state();
    const missing = angle - (state.angle + state.speed * lag);
    const wanted = Math.sign(missing) * speed;
    const drive: Leg = { start: now, ...state, wanted, lag };
    const offAt = now + Math.abs(missing) / speed;
    const off = stateOf(drive, offAt);
    const restAt = offAt + lag * Math.max(0, Math.log((Math.abs(off.speed) * lag) / REST));
    this.#legs = [drive, { start: offAt, ...off, wanted: 0, lag }, { start: restAt, angle, speed: 0, wanted: 0, lag }];
    return restAt;
  }

  #begin(wanted: number, lag: number): void {
    this.#legs = [{ start: this.#now(), ...this.state(), wanted, lag }];
  }
}

function stateOf(leg: Leg, time: number): ShaftState {
  const passed = time - leg.start;
  const left = Math.exp(-passed / leg.lag);
  return {
    angle: leg.angle + leg.wanted * passed + (leg.speed - leg.wanted) * leg.lag * (1 - left),
    speed: leg.wanted + (leg.speed - leg.wanted) * left,
  };
}
