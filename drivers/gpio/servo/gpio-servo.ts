/** The model `rdk:builtin:gpio` of servos. */
import type { ResourceContext } from "pinion/sdk";
import type { Rig } from "../rig.js";
import type { GpioServoAttributes } from "./gpio-attributes.js";
import { PinServo } from "./pin-servo.js";
import { highestFrequency } from "./pulse.js";

export { schema, validate } from "./gpio-attributes.js";

/** Hertz, where neither the config nor the pin says. */
const FREQUENCY = 300;

export async function create(
  { attributes, dependencies, name, logger }: ResourceContext<GpioServoAttributes>,
  rig: Rig,
): Promise<PinServo> {
  const { min_angle_deg: minAngle, max_angle_deg: maxAngle, min_width_us: minWidth, max_width_us: maxWidth } = attributes;
  const pwm = await rig.boards.find(attributes.board, dependencies).openPwm(attributes.pin, { isExact: true }, { name, logger });
  const wanted = attributes.frequency_hz ?? (pwm.frequency === 0 ? FREQUENCY : pwm.frequency);
  const frequency = Math.min(wanted, highestFrequency(maxWidth));
  if (frequency < wanted) logger.warn("the frequency is lowered so that the widest pulse fits", { wanted, frequency_hz: frequency });
  const range = { minAngle, maxAngle, minWidth, maxWidth };
  const servo = new PinServo({
    pwm,
    clock: rig.timing.clock,
    frequency,
    range,
    least: minAngle,
    most: maxAngle,
    holdFor: undefined,
    logger,
  });
  return await started(servo, attributes.starting_position_deg);
}

/** Moved to where it should start, if the config says; let go of when that fails. */
export async function started(servo: PinServo, start: number | undefined): Promise<PinServo> {
  try {
    if (start !== undefined) await servo.move(start);
    return servo;
  } catch (error) {
    await servo.close().catch(() => undefined); // the first error says why
    throw error;
  }
}
