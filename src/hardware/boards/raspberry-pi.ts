/** The 40 pins of all Raspberry Pis; only the chip behind them differs. */
import type { BoardPin, BoardTable } from "./board-table.js";

/** Physical pin, number of the GPIO (the line's offset), other names. */
const HEADER: readonly (readonly [pin: number, gpio: number, ...names: string[]])[] = [
  [3, 2, "sda"],
  [5, 3, "scl"],
  [7, 4],
  [8, 14],
  [10, 15],
  [11, 17],
  [12, 18, "clk"],
  [13, 27],
  [15, 22],
  [16, 23],
  [18, 24],
  [19, 10, "mosi"],
  [21, 9, "miso"],
  [22, 25],
  [23, 11, "sclk"],
  [24, 8, "ce0"],
  [26, 7, "ce1"],
  [27, 0],
  [28, 1],
  [29, 5],
  [31, 6],
  [32, 12],
  [33, 13],
  [35, 19],
  [36, 16],
  [37, 26],
  [38, 20],
  [40, 21],
];

/** Zero and 1. */
export function raspberryPi(name: string): BoardTable {
  return tableOf(name, "pinctrl-bcm2835", { device: "2020c000.pwm", first: 0 });
}

/** 2, 3 and Zero 2. */
export function raspberryPi3(name: string): BoardTable {
  return tableOf(name, "pinctrl-bcm2835", { device: "3f20c000.pwm", first: 0 });
}

/** `chip`: kernels before 5.4 gave it the label of the older boards. */
export function raspberryPi4(name: string, chip = "pinctrl-bcm2711"): BoardTable {
  return tableOf(name, chip, { device: "fe20c000.pwm", first: 0 });
}

export function raspberryPi5(name: string): BoardTable {
  return tableOf(name, "pinctrl-rp1", { device: "1f00098000.pwm", first: 2 });
}

/**
 * GPIO 18 and 19 have the channels `first` and the one after it, where the overlay pwm-2chan puts them. GPIO 12 and 13 can have channels too, with
 * other parameters of the overlay; taking them for granted would drive 18 and 19 instead.
 */
function tableOf(name: string, chip: string, { device, first }: { readonly device: string; readonly first: number }): BoardTable {
  const channels = new Map([
    [18, first],
    [19, first + 1],
  ]);
  const pins = HEADER.map(([pin, gpio, ...names]): BoardPin => {
    const channel = channels.get(gpio);
    return {
      names: [String(pin), `io${gpio}`, `GPIO${gpio}`, ...names],
      line: { chip, offset: gpio },
      ...(channel === undefined ? {} : { pwm: { device, channel } }),
    };
  });
  return { name, pins };
}
