/** From the registers of an INA219 or INA226 to volts, amperes and watts. Current and power are worked out here, so that nothing hangs on calibrating the chip. */

export interface InaScale {
  /** Volts of one step of the shunt register (1). */
  readonly shuntStep: number;
  /** Volts of one step of the bus register (2), after the shift. */
  readonly busStep: number;
  readonly busShift: number;
  /** The shunt register where it can go no further. */
  readonly shuntLimit: number;
}

/** INA219 datasheet 8.6.3; the limit is that of the widest range (320 mV), which is the one after reset. */
export const INA219_SCALE: InaScale = { shuntStep: 10e-6, busStep: 4e-3, busShift: 3, shuntLimit: 32000 };
/** INA226 datasheet 7.6.2 and 7.6.3. */
export const INA226_SCALE: InaScale = { shuntStep: 2.5e-6, busStep: 1.25e-3, busShift: 0, shuntLimit: 32767 };

/** `word`: the shunt register. Undefined when the voltage is beyond what the chip measures. */
export function shuntVolts(word: number, { shuntStep, shuntLimit }: InaScale): number | undefined {
  const steps = (word << 16) >> 16;
  return Math.abs(steps) >= shuntLimit ? undefined : steps * shuntStep;
}

/** `word`: the bus register. */
export function busVolts(word: number, { busStep, busShift }: InaScale): number {
  return (word >> busShift) * busStep;
}

/** The highest current in amperes. */
export function currentLimit(shuntOhms: number, { shuntStep, shuntLimit }: InaScale): number {
  return (shuntLimit * shuntStep) / shuntOhms;
}
