/** All of a machine's hardware, as drivers get it. */
import type { BoardTable } from "./boards/board-table.js";
import type { Gpio } from "./gpio/gpio.js";
import type { I2c } from "./i2c/i2c-bus.js";
import type { OneWire } from "./onewire/onewire.js";
import type { Pwm } from "./pwm/pwm.js";
import type { Serial } from "./serial/serial-link.js";

/** Nothing is opened, and no native library loaded, before it is used. One for a process; kernel's errors come from the first use. */
export interface Hardware {
  readonly gpio: Gpio;
  readonly pwm: Pwm;
  readonly i2c: I2c;
  readonly serial: Serial;
  readonly oneWire: OneWire;
  /** The board this is, by /proc/device-tree; undefined for one without a table. */
  readonly board: BoardTable | undefined;
}
