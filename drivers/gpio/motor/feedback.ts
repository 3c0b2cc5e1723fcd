/** A motor's encoder: where the shaft is. */
import { type Dependencies, type Encoder, encoder, failedPrecondition, type Handle } from "pinion/sdk";
import type { DirectedEncoder, Rig } from "../rig.js";
import type { MotorAttributes } from "./gpio-attributes.js";

export interface Feedback {
  readonly encoder: Handle<Encoder>;
  readonly ticksPerRotation: number;
  readonly directed: DirectedEncoder | undefined;
}

/** It is asked 100 times a second: what takes this long has failed. Milliseconds. */
const TIMEOUT = 500;

/** Undefined where the config names no encoder. Throws for one that does not count ticks. */
export async function findFeedback(
  { encoder: name, ticks_per_rotation: ticksPerRotation }: MotorAttributes,
  dependencies: Dependencies,
  rig: Rig,
): Promise<Feedback | undefined> {
  if (name === undefined) return undefined;
  const found = dependencies.get(encoder, name);
  const { ticksSupported } = await found.getProperties({ timeout: TIMEOUT });
  if (!ticksSupported) throw failedPrecondition(`attributes.encoder: expected one that counts ticks, got "${name}", which does not`);
  const fullName = dependencies.names.find((candidate) => candidate === name || candidate === `${encoder.triplet}/${name}`) ?? "";
  return { encoder: found, ticksPerRotation, directed: rig.directedEncoders.get(fullName) };
}

export function ticksPerSecond({ ticksPerRotation }: Feedback, rpm: number): number {
  return (Math.abs(rpm) * ticksPerRotation) / 60;
}

export async function readTicks({ encoder: source }: Feedback, signal?: AbortSignal): Promise<number> {
  const { value, unit } = await source.getPosition("ticks", { timeout: TIMEOUT, signal });
  if (unit === "ticks" && Number.isFinite(value)) return value;
  throw failedPrecondition(`the encoder gave ${value} ${unit}, expected ticks`);
}

export async function resetTicks({ encoder: source }: Feedback): Promise<void> {
  await source.resetPosition({ timeout: TIMEOUT });
}
