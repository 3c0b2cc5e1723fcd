/** Simulated GPIO chips of the kernel's (gpio-sim): made through configfs, driven and read through sysfs. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface SimBank {
  readonly label: string;
  readonly lines: number;
  /** The kernel's names of lines, by offset. */
  readonly names?: Readonly<Record<number, string>>;
  /** Lines that a driver of the kernel holds, with its name. */
  readonly hogs?: Readonly<Record<number, string>>;
}

const CONFIG = "/sys/kernel/config/gpio-sim";

/** A chip as the world outside it sees it. */
export class SimChip {
  readonly label: string;
  readonly #device: string;
  readonly #lines: string;

  private constructor(label: string, device: string, lines: string) {
    this.label = label;
    this.#device = device;
    this.#lines = lines;
  }

  static create({ label, lines, names = {}, hogs = {} }: SimBank): SimChip {
    const device = path.join(CONFIG, label.replaceAll("/", "-"));
    const bank = path.join(device, "bank0");
    mkdirSync(device);
    mkdirSync(bank);
    writeFileSync(path.join(bank, "num_lines"), String(lines));
    writeFileSync(path.join(bank, "label"), label);
    for (const [offset, name] of Object.entries(names)) {
      mkdirSync(path.join(bank, `line${offset}`), { recursive: true });
      writeFileSync(path.join(bank, `line${offset}`, "name"), name);
    }
    for (const [offset, name] of Object.entries(hogs)) {
      const hog = path.join(bank, `line${offset}`, "hog");
      mkdirSync(hog, { recursive: true });
      writeFileSync(path.join(hog, "name"), name);
      writeFileSync(path.join(hog, "direction"), "input");
    }
    writeFileSync(path.join(device, "live"), "1");
    return SimChip.#of(label, device);
  }

  /** One that was made before, by another process too. */
  static find(label: string): SimChip {
    return SimChip.#of(label, path.join(CONFIG, label.replaceAll("/", "-")));
  }

  static #of(label: string, device: string): SimChip {
    const read = (...file: readonly string[]): string => readFileSync(path.join(device, ...file), "utf8").trim();
    return new SimChip(label, device, path.join("/sys/devices/platform", read("dev_name"), read("bank0", "chip_name")));
  }

  /** The world outside puts a level on an input. */
  drive(offset: number, isHigh: boolean): void {
    writeFileSync(this.pullFile(offset), isHigh ? "pull-up" : "pull-down");
  }

  /** The level that the world outside sees. */
  level(offset: number): boolean {
    return readFileSync(this.valueFile(offset), "latin1").startsWith("1");
  }

  pullFile(offset: number): string {
    return path.join(this.#lines, `sim_gpio${offset}`, "pull");
  }

  valueFile(offset: number): string {
    return path.join(this.#lines, `sim_gpio${offset}`, "value");
  }

  /** The chip is unplugged. */
  remove(): void {
    writeFileSync(path.join(this.#device, "live"), "0");
    const bank = path.join(this.#device, "bank0");
    const folders = (folder: string): string[] =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.join(folder, entry.name));
    for (const line of folders(bank)) {
      for (const hog of folders(line)) rmdirSync(hog);
      rmdirSync(line);
    }
    rmdirSync(bank);
    rmdirSync(this.#device);
  }
}
