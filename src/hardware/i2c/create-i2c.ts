/** The machine's I2C buses. */
import { type Clock, systemClock } from "../../base/clock.js";
import { type Roots, SYSTEM_ROOTS } from "../roots.js";
import type { I2c } from "./i2c-bus.js";
import { boundDriver, listBuses } from "./kernel-buses.js";
import { NativeWire } from "./native-wire.js";
import { WiredI2c } from "./wired-i2c.js";

export interface I2cOptions {
  /** For what there is; transfers go to /dev/i2c-N in any case. */
  readonly roots?: Roots;
  readonly clock?: Clock;
}

/** Opens nothing and loads nothing before the first transfer. */
export function createI2c({ roots = SYSTEM_ROOTS, clock = systemClock }: I2cOptions = {}): I2c {
  const source = {
    buses: () => listBuses(roots),
    openWire: (bus: number) => new NativeWire(bus),
    boundDriver: (bus: number, address: number) => boundDriver(roots, bus, address),
  };
  return new WiredI2c(source, clock);
}
