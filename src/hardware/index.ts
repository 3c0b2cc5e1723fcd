/**
 * `pinion/hardware`: the GPIO lines, PWM outputs, I2C buses, serial ports and 1-Wire devices of the machine, for authors of modules.
 * Start with `createHardware`; see README.md beside this file.
 */
export { type Clock, systemClock, type Timer } from "../base/clock.js";
export { isPinionError, PinionError } from "../base/errors.js";
export { type Millis, millis, seconds } from "../base/millis.js";
export type { BoardPin, BoardTable } from "./boards/board-table.js";
export { type CustomPin, parseCustomBoard } from "./boards/custom-board.js";
export { findPin } from "./boards/find-pin.js";
export { createHardware, type HardwareOptions } from "./create-hardware.js";
export type {
  Bias,
  ChipInfo,
  Drive,
  Edge,
  EdgeLines,
  EdgeOptions,
  Gpio,
  GpioBackend,
  LineAddress,
  LineInfo,
  LineOptions,
  Lines,
  OutputLines,
  OutputOptions,
} from "./gpio/gpio.js";
export type { Hardware } from "./hardware.js";
export type { I2c, I2cDevice } from "./i2c/i2c-bus.js";
export type { OneWire } from "./onewire/onewire.js";
export type { Pwm, PwmAddress, PwmOutput } from "./pwm/pwm.js";
export { MAX_SOFTWARE_FREQUENCY } from "./pwm/pwm-errors.js";
export { type Roots, SYSTEM_ROOTS } from "./roots.js";
export { createSerial } from "./serial/create-serial.js";
export { type ExchangeOptions, exchange, type LineSplitter, lineSplitter, type Parsed } from "./serial/framing.js";
export type { Serial, SerialLink, SerialOptions, SerialPortInfo } from "./serial/serial-link.js";
