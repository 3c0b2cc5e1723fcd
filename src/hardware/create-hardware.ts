/** The hardware of the machine that this process runs on. */
import { type Clock, systemClock } from "../base/clock.js";
import { DisposalStack } from "../base/disposal-stack.js";
import { type Logger, silentLogger } from "../base/logger.js";
import { seconds } from "../base/millis.js";
import type { BoardTable } from "./boards/board-table.js";
import { detectBoard } from "./boards/detect-board.js";
import { openGpio } from "./gpio/open-gpio.js";
import type { Hardware } from "./hardware.js";
import { createI2c } from "./i2c/create-i2c.js";
import { createOneWire } from "./onewire/create-onewire.js";
import { createPwm } from "./pwm/create-pwm.js";
import { type Roots, SYSTEM_ROOTS } from "./roots.js";
import { createSerial } from "./serial/create-serial.js";

export interface HardwareOptions {
  /** Left out: /sys, /dev and /proc. */
  readonly roots?: Roots;
  /** Gets a line when GPIO is opened, with the back end. Left out: nobody. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Opens nothing and loads no native library before it is used. Disposing of it closes all that is still open. */
export function createHardware({
  roots = SYSTEM_ROOTS,
  logger = silentLogger,
  clock = systemClock,
}: HardwareOptions = {}): Hardware & AsyncDisposable {
  const closing = new DisposalStack(clock, (what, error) => logger.warn({ what, error }, "closing hardware failed"));
  const gpio = openGpio({ roots, logger });
  closing.defer("GPIO", seconds(1), () => gpio.close());
  const pwm = createPwm({ roots, gpio, clock });
  closing.defer("PWM", seconds(1), () => pwm.close());
  const i2c = createI2c({ roots, clock });
  closing.defer("I2C", seconds(2), () => i2c.close());
  const serial = createSerial({ roots, clock });
  closing.defer("serial ports", seconds(3), () => serial.close());
  let board: { readonly table: BoardTable | undefined } | undefined;
  return {
    gpio,
    pwm,
    i2c,
    serial,
    oneWire: createOneWire({ roots, clock }),
    get board() {
      board ??= { table: detectBoard(roots) };
      return board.table;
    },
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  };
}
