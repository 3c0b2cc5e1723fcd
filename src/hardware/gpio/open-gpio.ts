/** The GPIO of this machine: of what the kernel offers, the best that works, chosen at the first use. */
import path from "node:path";
import { messageOf, PinionError, systemCode } from "../../base/errors.js";
import { type Logger, silentLogger } from "../../base/logger.js";
import { type Roots, SYSTEM_ROOTS } from "../roots.js";
import { permissionAdvice, type SysFiles, sysFiles } from "../sys-files.js";
import { encodeLineInfoQuery, GET_LINEINFO } from "./character-device/abi.js";
import { CharacterDeviceGpio } from "./character-device/character-device.js";
import type { GpioKernel } from "./character-device/kernel.js";
import { createLinuxKernel } from "./character-device/linux-kernel.js";
import type {
  ChipInfo,
  Edge,
  EdgeLines,
  EdgeOptions,
  Gpio,
  GpioBackend,
  LineAddress,
  LineInfo,
  LineOptions,
  Lines,
  OutputLines,
  OutputOptions,
} from "./gpio.js";
import { listSysfsChips, sysfsClass } from "./sysfs/sysfs-chips.js";
import { SysfsGpio } from "./sysfs/sysfs-gpio.js";

export interface OpenGpioOptions {
  readonly roots?: Roots;
  readonly logger?: Logger;
  readonly kernel?: GpioKernel;
  readonly files?: SysFiles;
}

/** What was found of a back end: it works, or why not. */
type Finding = { readonly kind: "works" } | { readonly kind: "absent" | "closed" | "broken"; readonly reason: string };

export function openGpio({ roots = SYSTEM_ROOTS, logger = silentLogger, kernel, files = sysFiles }: OpenGpioOptions = {}): Gpio {
  return new ChosenGpio(() => chooseBackend(roots, logger, kernel ?? createLinuxKernel(roots), files));
}

function chooseBackend(roots: Roots, logger: Logger, kernel: GpioKernel, files: SysFiles): Gpio {
  const device = tryCharacterDevice(roots, kernel);
  if (device.kind === "works") {
    logger.info({ backend: "character-device" }, "GPIO opened");
    return new CharacterDeviceGpio(kernel);
  }
  const sysfs = trySysfs(roots, files);
  if (sysfs.kind === "works") {
    logger.info({ backend: "sysfs", without: `character device: ${device.reason}` }, "GPIO opened");
    return new SysfsGpio(roots, files);
  }
  const reasons = `character device: ${device.reason}; sysfs: ${sysfs.reason}`;
  if (device.kind === "closed" || sysfs.kind === "closed") throw new PinionError("GPIO_PERMISSION", `no GPIO: ${reasons}`);
  if (device.kind === "broken") throw new PinionError("GPIO_UNSUPPORTED", `no GPIO: ${reasons}`);
  throw new PinionError("GPIO_CHIP_MISSING", `no GPIO: ${reasons}`);
}

function tryCharacterDevice(roots: Roots, kernel: GpioKernel): Finding {
  const devices = kernel.devices();
  if (devices.length === 0) return { kind: "absent", reason: `there is no ${path.join(roots.dev, "gpiochip0")} or other` };
  let failure: Finding | undefined;
  for (const file of devices) {
    let descriptor: number;
    try {
      descriptor = kernel.open(file);
    } catch (error) {
      const isClosed = ["EACCES", "EPERM"].includes(systemCode(error));
      failure ??= isClosed
        ? { kind: "closed", reason: permissionAdvice(file) }
        : { kind: "broken", reason: `${file}: ${messageOf(error)}` };
      continue;
    }
    try {
      kernel.ioctl(descriptor, GET_LINEINFO, encodeLineInfoQuery(0));
      return { kind: "works" };
    } catch (error) {
      const isOld = ["EINVAL", "ENOTTY"].includes(systemCode(error));
      failure ??= { kind: "broken", reason: isOld ? `${file} is of a kernel older than 5.10` : messageOf(error) };
    } finally {
      kernel.close(descriptor);
    }
  }
  return failure ?? { kind: "absent", reason: "none could be opened" };
}

function trySysfs(roots: Roots, files: SysFiles): Finding {
  const entry = path.join(sysfsClass(roots), "export");
  if (!files.exists(entry)) return { kind: "absent", reason: `there is no ${entry} (a kernel without GPIO_SYSFS)` };
  if (listSysfsChips(roots, files).length === 0) return { kind: "absent", reason: `there is no chip in ${sysfsClass(roots)}` };
  if (!files.isWritable(entry)) return { kind: "closed", reason: permissionAdvice(entry) };
  return { kind: "works" };
}

/** Asks for the back end when it is needed; again after it failed, since chips and permissions come late sometimes. */
class ChosenGpio implements Gpio {
  readonly #choose: () => Gpio;
  #chosen: Gpio | undefined;

  constructor(choose: () => Gpio) {
    this.#choose = choose;
  }

  get backend(): GpioBackend {
    return this.#gpio.backend;
  }

  chips(): readonly ChipInfo[] {
    return this.#gpio.chips();
  }

  lineInfo(address: LineAddress): LineInfo {
    return this.#gpio.lineInfo(address);
  }

  findLine(name: string): LineAddress {
    return this.#gpio.findLine(name);
  }

  openInputs(lines: readonly LineAddress[], options: LineOptions): Lines {
    return this.#gpio.openInputs(lines, options);
  }

  openOutputs(lines: readonly LineAddress[], options: OutputOptions): OutputLines {
    return this.#gpio.openOutputs(lines, options);
  }

  watch(lines: readonly LineAddress[], options: EdgeOptions, onEdges: (edges: readonly Edge[]) => void): EdgeLines {
    return this.#gpio.watch(lines, options, onEdges);
  }

  close(): void {
    this.#chosen?.close();
  }

  get #gpio(): Gpio {
    this.#chosen ??= this.#choose();
    return this.#chosen;
  }
}
