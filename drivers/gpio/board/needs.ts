/** What a board says to the supervisor: what stands behind the names of its pins, and which it watches itself. */
import type { CustomPin, Gpio } from "pinion/hardware";
import type { HardwareClaim, HardwareNeeds, PinMeaning, SafeAction } from "pinion/sdk";
import { type BoardAttributes, interruptsOf } from "./attributes.js";
import { addressName, type Header, keyOf, PinNames } from "./pin-names.js";

interface Meaning extends Pick<CustomPin, "line" | "pwm"> {
  readonly names: Set<string>;
}

/** Throws for an interrupt or named pin that the board does not have. */
export function needsOf(board: string, attributes: BoardAttributes, header: Header | undefined, gpio: Gpio): HardwareNeeds {
  const interrupts = interruptsOf(attributes);
  const pins = header?.pins ?? linesOf(gpio);
  const meanings = new Map(pins.map((pin): [string, Meaning] => [keyOf(pin), { ...pin, names: namesOf(pin) }]));
  const aliases = [...interrupts, ...attributes.pins];
  const names = new PinNames(gpio, header, aliases);
  for (const { name, pin } of aliases) {
    const { line, pwm } = names.find(name);
    const key = keyOf({ line, pwm });
    const meaning = meanings.get(key) ?? {
      names: new Set([pin]),
      ...(line === undefined ? {} : { line }),
      ...(pwm === undefined ? {} : { pwm }),
    };
    meaning.names.add(name);
    meanings.set(key, meaning);
  }
  return {
    claims: interrupts.map(({ name }): HardwareClaim => ({ kind: "pin", board, pin: name })),
    pins: [...meanings].map(([key, meaning]) => meaningOf(key, meaning)),
  };
}

function namesOf({ names, line }: CustomPin): Set<string> {
  return new Set(line === undefined ? names : [...names, addressName(line)]);
}

/**
 * Low is without pulses where there is PWM: a pin that is taken as a GPIO line loses its PWM until the next boot on some boards. High is for pins whose
 * PWM nobody uses, such as the enable pin of a driver.
 */
function meaningOf(key: string, { names, line, pwm }: Meaning): PinMeaning {
  const level = (isHigh: boolean): readonly SafeAction[] =>
    line === undefined ? [] : [{ kind: "line", chip: line.chip, offset: line.offset, isHigh }];
  if (pwm === undefined) return { names: [...names], key, low: level(false), high: level(true) };
  const off: SafeAction = { kind: "pwm", device: pwm.device, channel: pwm.channel };
  const low = line === undefined ? off : { ...off, orLine: { chip: line.chip, offset: line.offset } };
  return { names: [...names], key, low: [low], high: [off, ...level(true)] };
}

/** Of a board without a table: all lines of all chips. */
function linesOf(gpio: Gpio): readonly CustomPin[] {
  try {
    return gpio.chips().flatMap(({ label, lines }) =>
      Array.from({ length: lines }, (_, offset) => {
        const line = { chip: label, offset };
        const { name } = gpio.lineInfo(line);
        return { names: name === "" ? [addressName(line)] : [addressName(line), name], line };
      }),
    );
  } catch {
    return []; // no GPIO here: the board says so when it is built
  }
}
