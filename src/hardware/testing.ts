/** `pinion/hardware/testing`: hardware in memory, to test drivers without a board. */
import type { Clock } from "../base/clock.js";
import type { BoardTable } from "./boards/board-table.js";
import { raspberryPi5 } from "./boards/raspberry-pi.js";
import { type FakeChip, FakeGpio } from "./gpio/fake-gpio.js";
import type { Hardware } from "./hardware.js";
import { FakeI2c } from "./i2c/fake-i2c.js";
import { FakeOneWire } from "./onewire/fake-onewire.js";
import { FakePwm } from "./pwm/fake-pwm.js";
import { FakeSerial } from "./serial/fake-serial.js";

export { type FakeChip, FakeGpio, type FakeGpioCall, type FakeGpioOptions } from "./gpio/fake-gpio.js";
export type { LevelChange } from "./gpio/fake-wires.js";
export {
  type FakeFault,
  FakeI2c,
  type FakeI2cChip,
  FakeRawChip,
  FakeRegisterChip,
  type FakeRegisterOptions,
  type FakeTransfer,
  FakeWordChip,
  type FakeWordOptions,
  fakeNoAnswer,
} from "./i2c/fake-i2c.js";
export { FakeOneWire } from "./onewire/fake-onewire.js";
export { FakePwm, type FakePwmOptions, type PwmChange } from "./pwm/fake-pwm.js";
export { FakePort, type FakePortOptions, FakeSerial } from "./serial/fake-serial.js";

export interface FakeHardware {
  /** For the driver that is tested. */
  readonly hardware: Hardware;
  readonly gpio: FakeGpio;
  readonly pwm: FakePwm;
  readonly i2c: FakeI2c;
  readonly serial: FakeSerial;
  readonly oneWire: FakeOneWire;
}

export interface FakeHardwareOptions {
  /** Left out: a Raspberry Pi 5. `none`: a machine without a table. */
  readonly board?: BoardTable | "none";
  /** Left out: `pinctrl-rp1` with 54 lines. */
  readonly chips?: readonly FakeChip[];
  /** Times of edges, and debounce. Left out: the system's. */
  readonly clock?: Clock;
}

/**
 * @example
 * const { hardware, gpio } = createFakeHardware();
 * const motor = createMotor(hardware, { pins: { a: "11", b: "13" } });
 * await motor.setPower(1);
 * assert.equal(gpio.level({ chip: "pinctrl-rp1", offset: 17 }), true);
 */
export function createFakeHardware({ board = raspberryPi5("Raspberry Pi 5"), chips, clock }: FakeHardwareOptions = {}): FakeHardware {
  const gpio = new FakeGpio({ ...(chips === undefined ? {} : { chips }), ...(clock === undefined ? {} : { clock }) });
  const pwm = new FakePwm({ gpio });
  const i2c = new FakeI2c();
  const serial = new FakeSerial();
  const oneWire = new FakeOneWire();
  return { hardware: { gpio, pwm, i2c, serial, oneWire, board: board === "none" ? undefined : board }, gpio, pwm, i2c, serial, oneWire };
}
