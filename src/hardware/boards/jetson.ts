/**
 * The 40 pins of the Jetson development kits. Pins 3, 5, 27 and 28 are I2C for good, 8 and 10 the console. The pinmux decides as well: a pin that
 * does not react although its line can be had is set to another function (jetson-io).
 */
import type { BoardPin, BoardTable } from "./board-table.js";

/** Physical pin, line on the main chip, and what else there is to it. */
type Pin = readonly [pin: number, offset: number, rest?: PinRest];

interface PinRest {
  /** The kernel's name of the line, and common names. */
  readonly names?: readonly string[];
  /** Device and channel. */
  readonly pwm?: readonly [device: string, channel: number];
  /** The line is on the always-on chip. */
  readonly isAlwaysOn?: boolean;
}

const ORIN_NX: readonly Pin[] = [
  [7, 144, { names: ["PAC.06"] }],
  [11, 112, { names: ["PR.04"] }],
  [12, 50, { names: ["PH.07"] }],
  [13, 122, { names: ["PY.00"] }],
  [15, 85, { names: ["PN.01"], pwm: ["3280000.pwm", 0] }],
  [16, 126, { names: ["PY.04"] }],
  [18, 125, { names: ["PY.03"] }],
  [19, 135, { names: ["PZ.05", "mosi"] }],
  [21, 134, { names: ["PZ.04", "miso"] }],
  [22, 123, { names: ["PY.01"] }],
  [23, 133, { names: ["PZ.03", "sclk"] }],
  [24, 136, { names: ["PZ.06", "ce0"] }],
  [26, 137, { names: ["PZ.07", "ce1"] }],
  [29, 105, { names: ["PQ.05"] }],
  [31, 106, { names: ["PQ.06"] }],
  [32, 41, { names: ["PG.06"], pwm: ["32e0000.pwm", 0] }],
  [33, 43, { names: ["PH.00"], pwm: ["32c0000.pwm", 0] }],
  [35, 53, { names: ["PI.02"] }],
  [36, 113, { names: ["PR.05"] }],
  [37, 124, { names: ["PY.02"] }],
  [38, 52, { names: ["PI.01"] }],
  [40, 51, { names: ["PI.00"] }],
];

/** Where the AGX Orin is wired otherwise than the Orin NX. */
const AGX_ORIN: readonly Pin[] = [
  [7, 106, { names: ["PQ.06"] }],
  [13, 108, { names: ["PR.00"], pwm: ["32f0000.pwm", 0] }],
  [15, 85, { names: ["PN.01"], pwm: ["3280000.pwm", 0] }],
  [16, 9, { names: ["PBB.01"], isAlwaysOn: true }],
  [18, 43, { names: ["PH.00"], pwm: ["32c0000.pwm", 0] }],
  [22, 96, { names: ["PP.04"] }],
  [29, 1, { names: ["PAA.01"], isAlwaysOn: true }],
  [31, 0, { names: ["PAA.00"], isAlwaysOn: true }],
  [32, 8, { names: ["PBB.00"], isAlwaysOn: true }],
  [33, 2, { names: ["PAA.02"], isAlwaysOn: true }],
  [37, 3, { names: ["PAA.03"], isAlwaysOn: true }],
];

const XAVIER_NX: readonly Pin[] = [
  [7, 118, { names: ["PS.04"] }],
  [11, 112, { names: ["PR.04"] }],
  [12, 127, { names: ["PT.05"] }],
  [13, 149, { names: ["PY.00"] }],
  [15, 16, { names: ["PCC.04"], pwm: ["c340000.pwm", 0], isAlwaysOn: true }],
  [16, 153, { names: ["PY.04"] }],
  [18, 152, { names: ["PY.03"] }],
  [19, 162, { names: ["PZ.05", "mosi"] }],
  [21, 161, { names: ["PZ.04", "miso"] }],
  [22, 150, { names: ["PY.01"] }],
  [23, 160, { names: ["PZ.03", "sclk"] }],
  [24, 163, { names: ["PZ.06", "ce0"] }],
  [26, 164, { names: ["PZ.07", "ce1"] }],
  [29, 105, { names: ["PQ.05"] }],
  [31, 106, { names: ["PQ.06"] }],
  [32, 108, { names: ["PR.00"], pwm: ["32f0000.pwm", 0] }],
  [33, 84, { names: ["PN.01"], pwm: ["3280000.pwm", 0] }],
  [35, 130, { names: ["PU.00"] }],
  [36, 113, { names: ["PR.05"] }],
  [37, 151, { names: ["PY.02"] }],
  [38, 129, { names: ["PT.07"] }],
  [40, 128, { names: ["PT.06"] }],
];

/** Its lines have no names in the kernel. */
const NANO: readonly Pin[] = [
  [7, 216],
  [11, 50],
  [12, 79],
  [13, 14],
  [15, 194],
  [16, 232],
  [18, 15],
  [19, 16, { names: ["mosi"] }],
  [21, 17, { names: ["miso"] }],
  [22, 13],
  [23, 18, { names: ["sclk"] }],
  [24, 19, { names: ["ce0"] }],
  [26, 20, { names: ["ce1"] }],
  [29, 149],
  [31, 200],
  [32, 168, { pwm: ["7000a000.pwm", 0] }],
  [33, 38, { pwm: ["7000a000.pwm", 2] }],
  [35, 76],
  [36, 51],
  [37, 12],
  [38, 77],
  [40, 78],
];

export function jetsonNano(name: string): BoardTable {
  return tableOf(name, "tegra-gpio", NANO);
}

export function jetsonXavierNx(name: string): BoardTable {
  return tableOf(name, "tegra194-gpio", XAVIER_NX);
}

/** Orin Nano and Orin NX. */
export function jetsonOrinNx(name: string): BoardTable {
  return tableOf(name, "tegra234-gpio", ORIN_NX);
}

export function jetsonAgxOrin(name: string): BoardTable {
  const other = new Set(AGX_ORIN.map(([pin]) => pin));
  const pins = [...AGX_ORIN, ...ORIN_NX.filter(([pin]) => !other.has(pin))].toSorted(([a], [b]) => a - b);
  return tableOf(name, "tegra234-gpio", pins);
}

function tableOf(name: string, label: string, pins: readonly Pin[]): BoardTable {
  return {
    name,
    pins: pins.map(([pin, offset, { names = [], pwm, isAlwaysOn = false } = {}]): BoardPin => {
      const line = { chip: isAlwaysOn ? `${label}-aon` : label, offset };
      const all = [String(pin), ...names];
      if (pwm === undefined) return { names: all, line };
      const [device, channel] = pwm;
      return { names: all, line, pwm: { device, channel } };
    }),
  };
}
