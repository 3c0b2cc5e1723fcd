/** What the names of a board's pins stand for. */
import { type Bias, type CustomPin, type Gpio, isPinionError, type LineAddress, type PwmAddress } from "pinion/hardware";
import { invalidArgument } from "pinion/sdk";

/** The header of a board. */
export interface Header {
  /** For people: `a Raspberry Pi 5`. */
  readonly name: string;
  readonly pins: readonly CustomPin[];
}

/** A pin, whatever it is called. */
export interface FoundPin {
  /** For people: the first of its names. */
  readonly label: string;
  /** Undefined for one that has only PWM. */
  readonly line: LineAddress | undefined;
  readonly pwm: PwmAddress | undefined;
}

/** A name of the config's for a pin. */
export interface Alias {
  readonly name: string;
  readonly pin: string;
}

export interface PinSettings {
  readonly bias?: Bias;
  /** Microseconds. */
  readonly debounce?: number;
}

/** The same for all names of a pin, and for no other: `pinctrl-rp1/17`, or the PWM channel of a pin without a line. */
export function keyOf({ line, pwm }: { readonly line?: LineAddress | undefined; readonly pwm?: PwmAddress | undefined }): string {
  return line === undefined ? `pwm/${pwm?.device}/${pwm?.channel}` : `${line.chip}/${line.offset}`;
}

/** `pinctrl-rp1:17`, as configs name a line of any chip. */
export function addressName({ chip, offset }: LineAddress): string {
  return `${chip}:${offset}`;
}

export class PinNames {
  readonly #gpio: Gpio;
  readonly #header: Header | undefined;
  readonly #known = new Map<string, CustomPin>();
  readonly #aliases: ReadonlyMap<string, string>;
  /** Looking through all lines of all chips takes its time. */
  readonly #found = new Map<string, FoundPin>();

  /** `aliases`: names that the config gives to pins. */
  constructor(gpio: Gpio, header: Header | undefined, aliases: readonly Alias[]) {
    this.#gpio = gpio;
    this.#header = header;
    for (const pin of header?.pins ?? []) for (const name of pin.names) this.#known.set(name.toLowerCase(), pin);
    this.#aliases = new Map(aliases.map(({ name, pin }) => [name, pin]));
  }

  /** By the config's names, the header's, `<chip label>:<offset>`, the kernel's name of the line. */
  find(name: string): FoundPin {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const alias = this.#aliases.get(name);
    const found = this.#find(alias ?? name);
    if (found !== undefined) {
      const named = alias === undefined || alias === name ? found : { ...found, label: name };
      this.#found.set(name, named);
      return named;
    }
    const asked = alias === undefined || alias === name ? name : `${alias} (named "${name}" in the config)`;
    const header =
      this.#header === undefined ? "this board has no table of its header, so expected" : `expected a pin of ${this.#header.name},`;
    throw invalidArgument(
      `cannot find GPIO for unknown pin: ${asked}; ${header} a line as <chip label>:<offset>, or the kernel's name of a line (see: pinion hardware)`,
    );
  }

  #find(name: string): FoundPin | undefined {
    const pin = this.#known.get(name.trim().toLowerCase());
    return pin === undefined ? (this.#byAddress(name) ?? this.#byLineName(name)) : found(pin, name);
  }

  #byAddress(name: string): FoundPin | undefined {
    const [, label, digits] = /^(.+):(\d+)$/.exec(name) ?? [];
    if (label === undefined) return undefined;
    const chip = this.#gpio.chips().find((candidate) => candidate.label === label);
    const offset = Number(digits);
    return chip === undefined || offset >= chip.lines ? undefined : this.#byLine({ chip: label, offset }, name);
  }

  #byLineName(name: string): FoundPin | undefined {
    try {
      return this.#byLine(this.#gpio.findLine(name), name);
    } catch (error) {
      if (isPinionError(error, "GPIO_LINE_MISSING")) return undefined;
      throw error;
    }
  }

  /** A pin of the header that is called otherwise may have PWM. */
  #byLine(line: LineAddress, name: string): FoundPin {
    const pin = this.#header?.pins.find((candidate) => keyOf(candidate) === keyOf({ line }));
    return pin === undefined ? { label: name, line, pwm: undefined } : found(pin, name);
  }
}

function found({ names, line, pwm }: CustomPin, name: string): FoundPin {
  return { label: names[0] ?? name, line, pwm };
}
