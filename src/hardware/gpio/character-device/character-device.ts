/** GPIO through the character device, version 2: the kernel keeps who has a line, stamps edges, sets bias and drive. */
import { messageOf, PinionError, systemCode } from "../../../base/errors.js";
import { permissionAdvice } from "../../sys-files.js";
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
import { assertLine, assertRequestable, chipMissing, describeLine, levelCount, lineBusy, onlyLineNamed } from "../gpio-errors.js";
import {
  CHIP_INFO_BYTES,
  decodeChipInfo,
  decodeLineInfo,
  decodeRequestDescriptor,
  encodeLineInfoQuery,
  encodeLineRequest,
  FIONBIO,
  FLAG,
  GET_CHIPINFO,
  GET_LINE,
  GET_LINEINFO,
  type LineRequest,
  MAX_EVENT_BUFFER,
} from "./abi.js";
import { EdgeRequest } from "./edge-request.js";
import type { GpioKernel } from "./kernel.js";
import { bitsOf, ValueRequest } from "./value-request.js";

/** A chip that is open for the length of a call: which device has which label can change with every plug pulled. */
interface OpenChip extends ChipInfo {
  readonly descriptor: number;
}

interface Plan extends Omit<LineRequest, "offsets" | "consumer"> {
  /** For messages: `watch`. */
  readonly purpose: "read" | "drive" | "watch";
}

export class CharacterDeviceGpio implements Gpio {
  readonly backend = "character-device";
  readonly #kernel: GpioKernel;
  readonly #requests = new Set<Lines>();

  constructor(kernel: GpioKernel) {
    this.#kernel = kernel;
  }

  chips(): readonly ChipInfo[] {
    return Array.from(this.#openChips(), ({ label, name, lines }) => ({ label, name, lines }));
  }

  lineInfo(address: LineAddress): LineInfo {
    return this.#withChip(address.chip, (chip) => {
      assertLine(address, chip.lines);
      return this.#lineInfo(chip, address);
    });
  }

  findLine(name: string): LineAddress {
    const found: LineAddress[] = [];
    for (const chip of this.#openChips()) {
      for (let offset = 0; offset < chip.lines; offset += 1) {
        const line = { chip: chip.label, offset };
        if (this.#lineInfo(chip, line).name === name) found.push(line);
      }
    }
    return onlyLineNamed(name, found);
  }

  openInputs(lines: readonly LineAddress[], options: LineOptions): Lines {
    const descriptor = this.#request(lines, options, { flags: FLAG.input, purpose: "read" });
    return this.#keep((onClose) => new ValueRequest({ kernel: this.#kernel, addresses: lines, descriptor, onClose }));
  }

  openOutputs(lines: readonly LineAddress[], options: OutputOptions): OutputLines {
    if (options.initial.length !== lines.length) throw levelCount(lines, options.initial.length);
    const flags = FLAG.output | driveFlag(options.drive ?? "push-pull");
    const descriptor = this.#request(lines, options, { flags, values: bitsOf(options.initial), purpose: "drive" });
    return this.#keep((onClose) => new ValueRequest({ kernel: this.#kernel, addresses: lines, descriptor, onClose }));
  }

  watch(lines: readonly LineAddress[], options: EdgeOptions, onEdges: (edges: readonly Edge[]) => void): EdgeLines {
    const edges = options.edges ?? "both";
    const rising = edges === "falling" ? 0n : FLAG.edgeRising;
    const falling = edges === "rising" ? 0n : FLAG.edgeFalling;
    const descriptor = this.#request(lines, options, {
      flags: FLAG.input | rising | falling,
      ...(options.debounce === undefined || options.debounce <= 0 ? {} : { debounce: Math.round(options.debounce) }),
      eventBufferSize: MAX_EVENT_BUFFER,
      purpose: "watch",
    });
    try {
      const data = new Uint8Array(4);
      data[0] = 1;
      this.#kernel.ioctl(descriptor, FIONBIO, data);
      return this.#keep((onClose) => new EdgeRequest({ kernel: this.#kernel, addresses: lines, descriptor, onClose, onEdges }));
    } catch (error) {
      this.#kernel.close(descriptor);
      throw error;
    }
  }

  close(): void {
    for (const request of [...this.#requests]) request.close();
  }

  #keep<T extends Lines>(create: (onClose: () => void) => T): T {
    const request: T = create(() => this.#requests.delete(request));
    this.#requests.add(request);
    return request;
  }

  /** The request's descriptor. */
  #request(lines: readonly LineAddress[], options: LineOptions, { purpose, flags, ...rest }: Plan): number {
    const label = assertRequestable(lines);
    return this.#withChip(label, (chip) => {
      for (const line of lines) assertLine(line, chip.lines);
      const data = encodeLineRequest({
        offsets: lines.map(({ offset }) => offset),
        consumer: options.consumer,
        flags: flags | (options.isActiveLow === true ? FLAG.activeLow : 0n) | biasFlag(options.bias),
        ...rest,
      });
      try {
        this.#kernel.ioctl(chip.descriptor, GET_LINE, data);
      } catch (error) {
        throw this.#refusal(chip, lines, purpose, error);
      }
      return decodeRequestDescriptor(data);
    });
  }

  /** Why the kernel refused the request. */
  #refusal(chip: OpenChip, lines: readonly LineAddress[], purpose: Plan["purpose"], cause: unknown): Error {
    const all = lines.map(describeLine).join(", ");
    switch (systemCode(cause)) {
      case "EBUSY": {
        const held = lines.map((line) => this.#lineInfo(chip, line)).find(({ isUsed }) => isUsed);
        return lineBusy(held ?? lines[0] ?? { chip: chip.label, offset: 0 }, held?.consumer ?? "", cause);
      }
      case "EACCES":
      case "EPERM":
        return new PinionError("GPIO_PERMISSION", `GPIO ${all}: not allowed to ${purpose}`, { cause });
      case "ENXIO":
      case "EOPNOTSUPP":
      case "ENOTSUP":
      case "ENODEV":
        if (purpose !== "watch") break;
        return new PinionError("GPIO_UNSUPPORTED", `GPIO ${all}: the controller gives no interrupts for it; read its level instead`, {
          cause,
        });
      case "EINVAL":
      case "ENOTTY": {
        const advice = "the kernel refused the settings (bias, drive or debounce), or is older than 5.10";
        return new PinionError("GPIO_UNSUPPORTED", `GPIO ${all}: not possible to ${purpose}: ${advice}`, { cause });
      }
    }
    return new PinionError("GPIO_FAILED", `GPIO ${all}: not possible to ${purpose}: ${messageOf(cause)}`, { cause });
  }

  #lineInfo(chip: OpenChip, { offset }: LineAddress): LineInfo {
    const data = encodeLineInfoQuery(offset);
    try {
      this.#kernel.ioctl(chip.descriptor, GET_LINEINFO, data);
    } catch (cause) {
      const what = describeLine({ chip: chip.label, offset });
      throw new PinionError("GPIO_FAILED", `GPIO ${what}: the kernel does not describe it: ${messageOf(cause)}`, { cause });
    }
    const { name, consumer, flags } = decodeLineInfo(data);
    const isUsed = (flags & FLAG.used) !== 0n;
    return { chip: chip.label, offset, name, consumer, isUsed, isOutput: (flags & FLAG.output) !== 0n };
  }

  /** The chip with this label, or with the name `gpiochipN` where a board of the user's own is described by it. */
  #withChip<T>(label: string, use: (chip: OpenChip) => T): T {
    const others: ChipInfo[] = [];
    const closed: string[] = [];
    for (const chip of this.#openChips(closed)) {
      if (chip.label === label || chip.name === label) return use(chip);
      others.push(chip);
    }
    const [file] = closed;
    if (file !== undefined) {
      throw new PinionError(
        "GPIO_PERMISSION",
        `GPIO chip "${label}" may be behind a device that must not be opened: ${permissionAdvice(file)}`,
      );
    }
    throw chipMissing(label, others);
  }

  /** Each is open until the next is asked for, or no more are. `closed` gets the devices that may not be opened. */
  *#openChips(closed: string[] = []): Generator<OpenChip, void> {
    for (const file of this.#kernel.devices()) {
      let descriptor: number;
      try {
        descriptor = this.#kernel.open(file);
      } catch (error) {
        if (["EACCES", "EPERM"].includes(systemCode(error))) closed.push(file);
        continue; // gone since it was listed
      }
      try {
        const info = this.#chipInfo(descriptor);
        if (info !== undefined) yield { descriptor, ...info };
      } finally {
        this.#kernel.close(descriptor);
      }
    }
  }

  #chipInfo(descriptor: number): ChipInfo | undefined {
    const data = new Uint8Array(CHIP_INFO_BYTES);
    try {
      this.#kernel.ioctl(descriptor, GET_CHIPINFO, data);
    } catch (error) {
      if (systemCode(error) === "ENODEV") return undefined; // unplugged while it was open
      throw error;
    }
    return decodeChipInfo(data);
  }
}

function biasFlag(bias: LineOptions["bias"]): bigint {
  if (bias === undefined) return 0n;
  return { up: FLAG.biasUp, down: FLAG.biasDown, none: FLAG.biasDisabled }[bias];
}

function driveFlag(drive: NonNullable<OutputOptions["drive"]>): bigint {
  return { "push-pull": 0n, "open-drain": FLAG.openDrain, "open-source": FLAG.openSource }[drive];
}
