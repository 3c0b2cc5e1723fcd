/** The meter on a robot's battery, which empties with a load that swells and falls, and is charged when it is low. */
import type { PowerSensor, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { type BatteryState, batteryAt } from "../physics/battery.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";

export interface PowerSensorAttributes {
  readonly capacity_ah: number;
  readonly load_amps: number;
}

export const schema: v.GenericSchema<unknown, PowerSensorAttributes> = v.object({ capacity_ah: positive(5), load_amps: positive(2) });

export function create({ attributes }: ResourceContext<PowerSensorAttributes>, { clock }: World): PowerSensor {
  const start = clock.now();
  const options = { capacity: attributes.capacity_ah, load: attributes.load_amps };
  const state = (): BatteryState => batteryAt(clock.now() - start, options);
  return {
    getVoltage: async () => ({ volts: state().volts, isAc: false }),
    getCurrent: async () => ({ amperes: state().amperes, isAc: false }),
    getPower: async () => state().watts,
    // One look at the battery, so that watts are volts times amperes.
    getReadings: async () => {
      const { volts, amperes, watts } = state();
      return { volts, amps: amperes, is_ac: false, watts };
    },
    getStatus: async () => ({ charge_pct: Math.round(state().charge * 1000) / 10, is_charging: state().amperes < 0 }),
  };
}
