/**
 * GPIO through /sys/class/gpio, for kernels without the character device. What it cannot do: bias, drive, debounce, edges with the kernel's time, several
 * lines in one step, saying who holds a line. Lines stay exported, and driven, when the process is killed; the next one takes them over.
 * The folders chipN that kernels from 6.17 on have there as well are not used: those kernels have the character device.
 */
import { messageOf, PinionError } from "../../../base/errors.js";
import { type Roots, SYSTEM_ROOTS } from "../../roots.js";
import type { SysFiles } from "../../sys-files.js";
import type {
  ChipInfo,
  Edge,
  EdgeLines,
  EdgeOptions,
  Gpio,
  LineAddress,
  LineInfo,
  LineOptions,
  Lines,
  OutputLines,
  OutputOptions,
} from "../gpio.js";
import { assertLine, assertRequestable, chipMissing, closedLines, describeLine, levelCount, lineBusy, sameLine } from "../gpio-errors.js";
import { openFolderLine } from "./folder-line.js";
import { openOnoffLine } from "./onoff-line.js";
import { listSysfsChips, type SysfsChip, sysfsClass } from "./sysfs-chips.js";
import { exportLine, unexportLine } from "./sysfs-export.js";
import type { SysfsLine, SysfsLineSetup } from "./sysfs-line.js";

type LinePlan = Pick<SysfsLineSetup, "direction" | "edge">;

export class SysfsGpio implements Gpio {
  readonly backend = "sysfs";
  readonly #roots: Roots;
  readonly #files: SysFiles;
  readonly #requests = new Set<SysfsRequest>();

  constructor(roots: Roots, files: SysFiles) {
    this.#roots = roots;
    this.#files = files;
  }

  chips(): readonly ChipInfo[] {
    return this.#chips().map(({ label, folder, lines }) => ({ label, name: folder, lines }));
  }

  lineInfo(address: LineAddress): LineInfo {
    const chip = this.#chip(address);
    const own = this.#holder(address);
    const isExported = this.#files.exists(`${sysfsClass(this.#roots)}/gpio${chip.base + address.offset}`);
    return {
      chip: address.chip,
      offset: address.offset,
      name: "",
      consumer: own?.consumer ?? (isExported ? "sysfs" : ""),
      isUsed: own !== undefined || isExported,
      isOutput: own?.isOutput ?? false,
    };
  }

  findLine(name: string): LineAddress {
    throw unsupported(`finding the line named "${name}"`, "give its chip and offset");
  }

  openInputs(lines: readonly LineAddress[], options: LineOptions): Lines {
    return this.#open(
      lines,
      options,
      lines.map(() => ({ direction: "in" })),
    );
  }

  openOutputs(lines: readonly LineAddress[], options: OutputOptions): OutputLines {
    if (options.initial.length !== lines.length) throw levelCount(lines, options.initial.length);
    if (options.drive !== undefined && options.drive !== "push-pull") {
      throw unsupported(`drive "${options.drive}" of ${lines.map(describeLine).join(", ")}`, "leave drive out");
    }
    return this.#open(
      lines,
      options,
      options.initial.map((isHigh) => ({ direction: isHigh ? "high" : "low" })),
    );
  }

  watch(lines: readonly LineAddress[], options: EdgeOptions, onEdges: (edges: readonly Edge[]) => void): EdgeLines {
    if (options.debounce !== undefined && options.debounce > 0) {
      throw unsupported(`debounce of ${lines.map(describeLine).join(", ")}`, "leave debounce out, or use a filter of parts");
    }
    const edge = options.edges ?? "both";
    const request = this.#open(
      lines,
      options,
      lines.map(() => ({ direction: "in", edge })),
    );
    try {
      request.watch(onEdges);
    } catch (error) {
      request.close();
      throw error;
    }
    return request;
  }

  close(): void {
    for (const request of [...this.#requests]) request.close();
  }

  #open(addresses: readonly LineAddress[], options: LineOptions, plans: readonly LinePlan[]): SysfsRequest {
    assertRequestable(addresses);
    if (options.bias !== undefined) {
      throw unsupported(`bias "${options.bias}" of ${addresses.map(describeLine).join(", ")}`, "leave bias out, and fit a resistor");
    }
    const request = new SysfsRequest(addresses, options.consumer, plans[0]?.direction !== "in", () => this.#requests.delete(request));
    try {
      for (const [index, address] of addresses.entries()) {
        const chip = this.#chip(address);
        const holder = this.#holder(address);
        if (holder !== undefined) throw lineBusy(address, holder.consumer);
        request.add(this.#openLine(address, chip.base + address.offset, options.isActiveLow ?? false, plans[index] ?? { direction: "in" }));
      }
    } catch (error) {
      request.close();
      throw error;
    }
    this.#requests.add(request);
    return request;
  }

  #openLine(address: LineAddress, number: number, isActiveLow: boolean, plan: LinePlan): SysfsLine {
    const root = sysfsClass(this.#roots);
    const { folder, isNumbered } = exportLine(this.#files, root, address, number);
    const setup: SysfsLineSetup = { number, folder, isActiveLow, ...plan };
    const unexport = (): void => unexportLine(this.#files, root, number);
    try {
      const edge = `${folder}/edge`;
      const hasEdge = this.#files.exists(edge);
      if (plan.edge !== undefined && !hasEdge) {
        const what = `GPIO ${describeLine(address)}`;
        throw new PinionError("GPIO_UNSUPPORTED", `${what}: the controller gives no interrupts for it; read its level instead`);
      }
      // Left by a dead process, it would keep the line from becoming an output.
      if (hasEdge && this.#files.read(edge) !== "none") this.#files.write(edge, "none");
      if (isNumbered && this.#roots.sys === SYSTEM_ROOTS.sys) {
        const line = openOnoffLine(setup);
        this.#assertSet(setup, address);
        return line;
      }
      const line = openFolderLine(setup, this.#files);
      return {
        ...line,
        close() {
          line.close();
          unexport();
        },
      };
    } catch (error) {
      unexport();
      if (error instanceof PinionError) throw error;
      throw new PinionError("GPIO_FAILED", `GPIO ${describeLine(address)}: cannot be set up: ${messageOf(error)}`, { cause: error });
    }
  }

  /** onoff keeps quiet about refused settings of a line that was exported before. */
  #assertSet({ folder, direction, edge }: SysfsLineSetup, address: LineAddress): void {
    const wanted = direction === "in" ? "in" : "out";
    const found = this.#files.read(`${folder}/direction`);
    if (found !== wanted) {
      throw new PinionError(
        "GPIO_FAILED",
        `GPIO ${describeLine(address)}: the kernel keeps its direction "${found}", "${wanted}" was asked`,
      );
    }
    const foundEdge = edge === undefined ? undefined : this.#files.read(`${folder}/edge`);
    if (foundEdge !== edge) {
      throw new PinionError("GPIO_FAILED", `GPIO ${describeLine(address)}: the kernel keeps its edge "${foundEdge}", "${edge}" was asked`);
    }
  }

  #chips(): readonly SysfsChip[] {
    return listSysfsChips(this.#roots, this.#files);
  }

  #chip(address: LineAddress): SysfsChip {
    const chip = this.#chips().find(({ label }) => label === address.chip);
    if (chip === undefined) throw chipMissing(address.chip, this.chips());
    assertLine(address, chip.lines);
    return chip;
  }

  #holder(address: LineAddress): SysfsRequest | undefined {
    return [...this.#requests].find(({ addresses }) => addresses.some((own) => sameLine(own, address)));
  }
}

class SysfsRequest implements OutputLines, EdgeLines {
  readonly addresses: readonly LineAddress[];
  readonly consumer: string;
  readonly isOutput: boolean;
  readonly hasKernelTime = false;
  /** Nobody counts them: edges that come fast become one. */
  readonly lost = 0;
  readonly #lines: SysfsLine[] = [];
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(addresses: readonly LineAddress[], consumer: string, isOutput: boolean, onClose: () => void) {
    this.addresses = addresses.map(({ chip, offset }) => ({ chip, offset }));
    this.consumer = consumer;
    this.isOutput = isOutput;
    this.#onClose = onClose;
  }

  add(line: SysfsLine): void {
    this.#lines.push(line);
  }

  watch(onEdges: (edges: readonly Edge[]) => void): void {
    for (const [index, line] of this.#lines.entries()) {
      line.watch((isHigh) => onEdges([{ index, isHigh, time: process.hrtime.bigint() }]));
    }
  }

  get(): boolean[] {
    return this.#run("read", () => this.#lines.map((line) => line.get()));
  }

  set(levels: readonly (boolean | undefined)[]): void {
    if (levels.length !== this.addresses.length) throw levelCount(this.addresses, levels.length);
    this.#run("driven", () => {
      for (const [index, line] of this.#lines.entries()) {
        const level = levels[index];
        if (level !== undefined) line.set(level);
      }
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    for (const line of this.#lines) line.close();
  }

  #run<T>(what: string, action: () => T): T {
    if (this.#isClosed) throw closedLines(this.addresses);
    try {
      return action();
    } catch (cause) {
      const lines = this.addresses.map(describeLine).join(", ");
      throw new PinionError("GPIO_FAILED", `GPIO ${lines}: cannot be ${what}: ${messageOf(cause)}`, { cause });
    }
  }
}

function unsupported(what: string, instead: string): PinionError {
  return new PinionError(
    "GPIO_UNSUPPORTED",
    `${what} needs the character device (/dev/gpiochipN, Linux 5.10 or later): enable it, or ${instead}`,
  );
}
