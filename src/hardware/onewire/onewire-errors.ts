/** Errors of 1-Wire devices by their cause. */
import { PinionError } from "../../base/errors.js";

export function missingError(id: string, present: readonly string[], cause?: unknown): PinionError {
  const found =
    present.length > 0
      ? `there are ${present.join(", ")}`
      : "there are none: is 1-Wire switched on (Raspberry Pi: dtoverlay=w1-gpio in config.txt)?";
  return new PinionError(
    "ONEWIRE_MISSING",
    `1-Wire device ${id} does not answer: expected it on the bus, ${found}. Check its wiring and its pull-up resistor (4.7 kΩ)`,
    {
      cause,
    },
  );
}

export function checksumError(id: string, found: string): PinionError {
  return new PinionError(
    "ONEWIRE_CHECKSUM",
    `1-Wire device ${id}: expected nine bytes with a good checksum, got ${found}. Check its pull-up resistor (4.7 kΩ) and the cable's length`,
  );
}
