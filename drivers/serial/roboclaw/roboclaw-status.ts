/** What the bits of command 90 say. Units up to firmware 4.1 answer 16 bits, newer ones 32 with another meaning (user manual, "Read Status"). */

export interface RoboclawStatus {
  /** The unit has switched its motors off. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const ERRORS_16: Readonly<Record<number, string>> = {
  2: "emergency stop",
  3: "temperature too high",
  4: "second temperature too high",
  5: "main battery too high",
  6: "logic battery too high",
  7: "logic battery too low",
  8: "driver fault of motor 1",
  9: "driver fault of motor 2",
};
const WARNINGS_16: Readonly<Record<number, string>> = {
  0: "overcurrent of motor 1",
  1: "overcurrent of motor 2",
  10: "main battery high",
  11: "main battery low",
  12: "temperature high",
  13: "second temperature high",
};
const ERRORS_32: Readonly<Record<number, string>> = {
  0: "emergency stop",
  1: "temperature too high",
  2: "second temperature too high",
  3: "main battery too high",
  4: "logic battery too high",
  5: "logic battery too low",
  6: "driver fault of motor 1",
  7: "driver fault of motor 2",
  8: "speed error of motor 1",
  9: "speed error of motor 2",
  10: "position error of motor 1",
  11: "position error of motor 2",
  12: "current error of motor 1",
  13: "current error of motor 2",
};
const WARNINGS_32: Readonly<Record<number, string>> = {
  16: "overcurrent of motor 1",
  17: "overcurrent of motor 2",
  18: "main battery high",
  19: "main battery low",
  20: "temperature high",
  21: "second temperature high",
};

/** `bytes`: two or four, big-endian. */
export function parseStatus(bytes: Uint8Array): RoboclawStatus {
  let word = 0;
  for (const byte of bytes) word = word * 256 + byte;
  const isLong = bytes.length === 4;
  return { errors: texts(word, isLong ? ERRORS_32 : ERRORS_16), warnings: texts(word, isLong ? WARNINGS_32 : WARNINGS_16) };
}

function texts(word: number, table: Readonly<Record<number, string>>): string[] {
  return Object.entries(table)
    .filter(([bit]) => Math.floor(word / 2 ** Number(bit)) % 2 === 1)
    .map(([, text]) => text);
}
