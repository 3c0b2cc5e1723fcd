/** What the simulated places have: the same lines and chips on the virtual board as on the fakes. */
import type { ChipModel } from "./rig.js";

/** Lines with something on their other side: GPIO 17, 27, 22, 23, 24, 25, 5, 6 of a Raspberry Pi's header. */
export const WIRED: readonly number[] = [17, 27, 22, 23, 24, 25, 5, 6];

/** Each where such a chip is by itself. Ten at most: i2c-stub has no more. */
export const ADDRESSES: Readonly<Record<ChipModel, number>> = {
  bme280: 0x76,
  bmp280: 0x77,
  ina219: 0x40,
  ina226: 0x41,
  ads1115: 0x48,
  mpu6050: 0x68,
  adxl345: 0x53,
  as5600: 0x36,
  mcp23017: 0x20,
  pca9685: 0x60,
};
