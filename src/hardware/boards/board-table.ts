/** What the pins of a board's header are. */
import type { LineAddress } from "../gpio/gpio.js";
import type { PwmAddress } from "../pwm/pwm.js";

export interface BoardTable {
  /** For people: `Raspberry Pi 5`. */
  readonly name: string;
  readonly pins: readonly BoardPin[];
}

export interface BoardPin {
  /** The first is the physical number on the header; then `io17`, `GPIO17`, `sda`. Compared without regard to case. */
  readonly names: readonly string[];
  readonly line: LineAddress;
  readonly pwm?: PwmAddress;
}
