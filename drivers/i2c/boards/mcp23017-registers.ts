/** The registers of an MCP23017 with BANK = 0 (datasheet, table 3-5), and the names of its pins. */

export const REGISTER = {
  IODIR: 0x00,
  IPOL: 0x02,
  GPINTEN: 0x04,
  INTCON: 0x08,
  IOCON: 0x0a,
  GPPU: 0x0c,
  INTF: 0x0e,
  INTCAP: 0x10,
  GPIO: 0x12,
  OLAT: 0x14,
} as const;

/** IOCON: INTA and INTB are one. Also tells a chip that was set up from one that was reset. */
export const MIRROR = 0x40;
export const PINS = 16;

/** 0 to 15 for A0 to B7. */
export function namesOf(pin: number): string[] {
  const name = `${pin < 8 ? "A" : "B"}${pin % 8}`;
  return [name, `GP${name}`, String(pin)];
}

const BY_NAME = new Map(Array.from({ length: PINS }, (_, pin) => namesOf(pin).map((name) => [name, pin] as const)).flat());

/** Undefined for a name that is none. */
export function pinOf(name: string): number | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** The register of this kind for the pin's port. */
export function registerOf(kind: keyof typeof REGISTER, pin: number): number {
  return REGISTER[kind] + (pin >> 3);
}

/** The pin's bit in it. */
export function bitOf(pin: number): number {
  return 1 << (pin & 7);
}
