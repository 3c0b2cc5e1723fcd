/** Numbers that went through floating point. */
import assert from "node:assert/strict";

export function assertNear(value: unknown, expected: number, tolerance: number): void {
  assert.ok(
    typeof value === "number" && Math.abs(value - expected) <= tolerance,
    `expected ${expected} ± ${tolerance}, got ${String(value)}`,
  );
}
