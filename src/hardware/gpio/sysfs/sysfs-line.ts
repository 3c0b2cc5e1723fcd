/** One line exported to /sys/class/gpio. */
export interface SysfsLine {
  get(): boolean;
  set(isHigh: boolean): void;
  /** `listener` gets the level after an edge. Once per line, until `close`. */
  watch(listener: (isHigh: boolean) => void): void;
  close(): void;
}

export interface SysfsLineSetup {
  /** Number of the line at this boot. */
  readonly number: number;
  /** The exported folder. */
  readonly folder: string;
  /** `low` and `high`: an output with this first level, without a glitch. */
  readonly direction: "in" | "low" | "high";
  readonly edge?: "rising" | "falling" | "both";
  readonly isActiveLow: boolean;
}
