/**
 * What a resource takes of the machine's hardware, as its model says when its config is checked: the supervisor refuses what another resource
 * holds, and drives the safe levels when the module that should do it is gone. Plain data, so that it can be sent.
 */

export interface HardwareNeeds {
  readonly claims?: readonly HardwareClaim[];
  /** A board: what stands behind the names of its pins. */
  readonly pins?: readonly PinMeaning[];
  /** Done, in this order, when the module that holds the resource ends in any way while the resource is built. */
  readonly safe?: readonly SafeAction[];
}

export type HardwareClaim = HardwareItem & {
  /** One of several users of the item, for example a servo's id on its bus: claims of different parts go together. */
  readonly part?: string;
  /** Any number of resources may share it, for example the enable pin of two motors; all must say so. */
  readonly isShared?: boolean;
};

export type HardwareItem =
  /** A GPIO line: the label of its chip, and its offset there. */
  | { readonly kind: "line"; readonly chip: string; readonly offset: number }
  /** A pin of a board resource, by any of its names. A board's own claim of a pin goes together with another resource's claim by the same name. */
  | { readonly kind: "pin"; readonly board: string; readonly pin: string }
  | { readonly kind: "i2c"; readonly bus: number; readonly address: number }
  /** A serial port, by the path or identity in the config. */
  | { readonly kind: "serial"; readonly port: string }
  /** A device of the kernel's 1-Wire bus, for example `28-000005e2fdc3`. */
  | { readonly kind: "onewire"; readonly id: string };

export interface PinMeaning {
  /** All of its names. */
  readonly names: readonly string[];
  /** The same for all names of one pin, and for no other pin of the machine: `<chip label>/<offset>`, or `i2c-1/0x40/3`. */
  readonly key: string;
  /** Drives the pin low (PWM off) or high without the board's module. */
  readonly low: readonly SafeAction[];
  readonly high: readonly SafeAction[];
}

/** One step towards a safe machine; each works without the module, and again when it was done before. */
export type SafeAction =
  | { readonly kind: "pin"; readonly board: string; readonly pin: string; readonly isHigh: boolean }
  | { readonly kind: "line"; readonly chip: string; readonly offset: number; readonly isHigh: boolean }
  /**
   * A channel of the kernel's PWM, switched off. `device`: the name of the device behind it, for example `1f00098000.pwm`. `orLine`: driven low where
   * the channel is not in use; else it is left alone, because a pin that is taken as GPIO may lose its PWM until the next boot.
   */
  | {
      readonly kind: "pwm";
      readonly device: string;
      readonly channel: number;
      readonly orLine?: { readonly chip: string; readonly offset: number };
    }
  /** Bytes written to an I2C device, the register first. `mask`: of one byte only these bits change; the others are read before. */
  | { readonly kind: "i2c"; readonly bus: number; readonly address: number; readonly bytes: readonly number[]; readonly mask?: number }
  | { readonly kind: "serial"; readonly port: string; readonly baudRate: number; readonly bytes: readonly number[] };
