/** What calls with numbers have in common. */
import { invalidArgument } from "pinion/sdk";

export function assertNumber(name: string, value: number): void {
  if (!Number.isFinite(value)) throw invalidArgument(`${name}: expected a finite number, got ${value}`);
}
