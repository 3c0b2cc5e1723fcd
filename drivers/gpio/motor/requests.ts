/** What a motor may be asked for. */
import { invalidArgument, type ResourceLogger } from "pinion/sdk";
import { assertNumber } from "../assert-number.js";
import { isNearlyMost, isNearlyZero } from "./power-limits.js";

export function assertRevolutions(revolutions: number): void {
  assertNumber("revolutions", revolutions);
  if (revolutions === 0) throw invalidArgument("Cannot move motor for 0 revolutions; to turn on and on, use SetRPM");
}

/** Throws for a speed of nothing, warns of one that leaves nothing to correct with. `maxRpm`: 0 when it is not known. */
export function checkSpeed(rpm: number, maxRpm: number, logger: ResourceLogger): void {
  assertNumber("rpm", rpm);
  if (isNearlyZero(rpm)) throw invalidArgument(`Cannot move motor at an RPM that is nearly 0, got ${rpm}`);
  if (isNearlyMost(rpm, maxRpm)) logger.warn("the motor is asked for nearly all it can do, or more", { rpm, max_rpm: maxRpm });
}
