/** What INA219 and INA226 have in common: volts and amperes, read when asked. */
import type { I2cDevice } from "pinion/hardware";
import type { Lifecycle, PowerSensor, ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus, positive } from "../attributes.js";
import { Chip, word } from "../chip.js";
import type { Rig } from "../rig.js";
import { busVolts, currentLimit, type InaScale, shuntVolts } from "./ina-conversion.js";

export interface InaAttributes extends ChipAttributes {
  /** Ohms. */
  readonly shunt_resistance: number;
}

export const schema: v.GenericSchema<unknown, InaAttributes> = v.object({
  i2c_bus: i2cBus,
  i2c_addr: i2cAddress(0x40, 0x40, 0x4f),
  shunt_resistance: positive(0.1),
});

export interface InaKind {
  readonly name: string;
  readonly scale: InaScale;
  /** Measures both voltages over and over, as after reset. */
  readonly config: number;
  /** Makes the chip's current register equal to its shunt register. Not used for that here: it is 0 after reset, and so tells a chip that has not measured yet. */
  readonly calibration: number;
  identify(device: I2cDevice): Promise<void>;
}

const CONFIG = 0;
const SHUNT = 1;
const BUS = 2;
const CALIBRATION = 5;
/** Both conversions of the slower chip, in milliseconds. */
const FIRST_RESULT = 5;

interface Sample {
  readonly volts: number;
  readonly amperes: number;
}

export async function createIna(
  { attributes, logger }: ResourceContext<InaAttributes>,
  rig: Rig,
  { name, scale, config, calibration, identify }: InaKind,
): Promise<PowerSensor & Lifecycle<InaAttributes>> {
  const { i2c_bus: bus, i2c_addr: address, shunt_resistance: ohms } = attributes;
  const chip: Chip = new Chip(rig, {
    profile: {
      name,
      hint: "its pins A0 and A1 set the address: see i2c_addr",
      identify,
      isConfigured: async (device) => (await device.readWord(CALIBRATION)) === calibration && (await device.readWord(CONFIG)) === config,
      configure: async (device) => {
        await device.writeWord(CONFIG, config);
        await chip.sleep(FIRST_RESULT);
        await device.writeWord(CALIBRATION, calibration);
        const found = [await device.readWord(CONFIG), await device.readWord(CALIBRATION)];
        if (found[0] === config && found[1] === calibration) return;
        const wrote = [config, calibration].map(word).join(" and ");
        throw new Error(
          `it does not keep its configuration: wrote ${wrote} to registers 0 and 5, read ${found.map(word).join(" and ")}; is it an ${name}? Check i2c_addr`,
        );
      },
    },
    bus,
    address,
    logger,
  });
  const sample = (signal: AbortSignal | undefined): Promise<Sample> =>
    chip.use(async (device) => {
      const shunt = shuntVolts(await device.readWord(SHUNT), scale);
      const volts = busVolts(await device.readWord(BUS), scale);
      if (shunt === undefined) {
        throw new Error(
          `the current is beyond ${currentLimit(ohms, scale).toPrecision(3)} A, the most that can be measured over ${ohms} ohm`,
        );
      }
      return { volts, amperes: shunt / ohms };
    }, signal);
  await chip.open();
  return {
    getVoltage: async (options) => ({
      volts: await chip.use(async (device) => busVolts(await device.readWord(BUS), scale), options?.signal),
      isAc: false,
    }),
    getCurrent: async (options) => ({ amperes: (await sample(options?.signal)).amperes, isAc: false }),
    getPower: async (options) => watts(await sample(options?.signal)),
    getReadings: async (options) => {
      const taken = await sample(options?.signal);
      return { volts: taken.volts, amps: taken.amperes, is_ac: false, watts: watts(taken) };
    },
    close: () => chip.close(),
  };
}

function watts({ volts, amperes }: Sample): number {
  return volts * amperes;
}
