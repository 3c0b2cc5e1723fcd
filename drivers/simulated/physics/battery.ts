/** A battery of three lithium cells that a robot empties and a dock fills again. */

export interface BatteryOptions {
  /** Ampere-hours. */
  readonly capacity: number;
  /** Amperes drawn on average while it empties. */
  readonly load: number;
}

export interface BatteryState {
  /** 0 to 1. */
  readonly charge: number;
  readonly volts: number;
  /** Positive while it gives, negative while it is charged. */
  readonly amperes: number;
  readonly watts: number;
}

const FULL = 0.98;
const LOW = 0.2;
/** The dock charges this many times as fast as the robot draws. */
const DOCK = 2;
const OHMS = 0.05;
/** The load swells and falls by a quarter, once a minute. */
const SWELL = 0.25;
const SWELL_PERIOD = 60;
/** Cell voltage at 0, 10, … 100 % charge, at rest. */
const CELL = [3.0, 3.45, 3.58, 3.65, 3.7, 3.75, 3.8, 3.88, 3.96, 4.06, 4.18];
const CELLS = 3;

/** The battery after `time` seconds, full at the start. */
export function batteryAt(time: number, options: BatteryOptions): BatteryState {
  const emptying = ((FULL - LOW) * options.capacity * 3600) / options.load;
  const filling = emptying / DOCK;
  const within = time % (emptying + filling);
  const isEmptying = within < emptying;
  const charge = isEmptying ? FULL - ((FULL - LOW) * within) / emptying : LOW + ((FULL - LOW) * (within - emptying)) / filling;
  const swell = SWELL * Math.sin((2 * Math.PI * time) / SWELL_PERIOD);
  const amperes = isEmptying ? options.load * (1 + swell) : -options.load * DOCK * (1 + swell / 10);
  const volts = CELLS * cellVoltage(charge) - amperes * OHMS;
  return { charge, volts, amperes, watts: volts * amperes };
}

function cellVoltage(charge: number): number {
  const at = charge * (CELL.length - 1);
  const below = Math.min(Math.floor(at), CELL.length - 2);
  const low = CELL[below] ?? 0;
  const high = CELL[below + 1] ?? low;
  return low + (high - low) * (at - below);
}
