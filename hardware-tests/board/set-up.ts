/** Run on the virtual board before anything else: makes it look like a Raspberry Pi 4 with a bus of simulated chips. */
import { SimChip } from "./gpio-sim.js";
import { I2cStub } from "./i2c-stub.js";
import { raiseLoopback } from "./system-calls.js";

/** Lines of the header as newer device trees call them. */
function headerNames(): Record<number, string> {
  const special: Record<number, string> = { 0: "ID_SDA", 1: "ID_SCL" };
  return Object.fromEntries(Array.from({ length: 28 }, (_, offset) => [offset, special[offset] ?? `GPIO${offset}`]));
}

raiseLoopback();
SimChip.create({ label: "pinctrl-bcm2711", lines: 58, names: headerNames(), hogs: { 42: "ACT" } });
SimChip.create({ label: "raspberrypi-exp-gpio", lines: 8, names: { 2: "PWR_LED_OFF" } });
I2cStub.insert();
