/** A servo on a channel of a PCA9685, beside other servos and a board on the same chip. */
import { type DependencyNames, failedPrecondition, invalidArgument, type Lifecycle, type ResourceContext, type Servo } from "pinion/sdk";
import * as v from "valibot";
import { wholeNumber, within } from "../attributes.js";
import { pinKeyOf } from "../boards/expander-board.js";
import { type Pca9685Attributes, pca9685Entries, placeOf } from "../boards/pca9685-attributes.js";
import { takePca9685 } from "../boards/pca9685-chip.js";
import { CHANNELS, channelRegister, FULL } from "../boards/pca9685-registers.js";
import type { Rig } from "../rig.js";
import { angleOf, highestFrequency, type PulseRange, widthOf } from "./servo-pulse.js";

export interface ServoAttributes extends Pca9685Attributes {
  readonly channel: number;
  readonly frequency_hz: number;
  /** Degrees. */
  readonly min_angle_deg: number;
  readonly max_angle_deg: number;
  readonly starting_position_deg?: number | undefined;
  /** Microseconds. */
  readonly min_width_us: number;
  readonly max_width_us: number;
}

export const schema: v.GenericSchema<unknown, ServoAttributes> = v.object({
  ...pca9685Entries,
  channel: wholeNumber(`a channel of the PCA9685, 0 to ${CHANNELS - 1}`, CHANNELS - 1),
  frequency_hz: within(50, 450, 50),
  min_angle_deg: within(0, 3600, 0),
  max_angle_deg: within(0, 3600, 180),
  starting_position_deg: v.optional(v.number()),
  min_width_us: within(500, 2500, 500),
  max_width_us: within(500, 2500, 2500),
});

export function validate(attributes: ServoAttributes): DependencyNames {
  const { channel, min_angle_deg: least, max_angle_deg: most, starting_position_deg: start, min_width_us, max_width_us } = attributes;
  if (least >= most) throw invalidArgument(`attributes.max_angle_deg: expected more than min_angle_deg (${least}), got ${most}`);
  if (min_width_us >= max_width_us) {
    throw invalidArgument(`attributes.max_width_us: expected more than min_width_us (${min_width_us}), got ${max_width_us}`);
  }
  if (start !== undefined && (start < least || start > most)) {
    throw invalidArgument(`attributes.starting_position_deg: expected ${least} to ${most}, got ${start}`);
  }
  const { i2c_bus: bus, i2c_addr: address } = placeOf(attributes);
  return {
    hardware: {
      claims: [
        { kind: "i2c", bus, address, part: `channel ${channel}` },
        // The channel is also a pin of the board on this chip.
        { kind: "line", chip: pinKeyOf(bus, address), offset: channel },
      ],
      safe: [{ kind: "i2c", bus, address, bytes: [channelRegister(channel) + 3, FULL] }],
    },
  };
}

export async function create(
  { attributes, logger }: ResourceContext<ServoAttributes>,
  rig: Rig,
): Promise<Servo & Lifecycle<ServoAttributes>> {
  const { channel, min_width_us: minWidth, max_width_us: maxWidth, min_angle_deg: minAngle, max_angle_deg: maxAngle } = attributes;
  const range: PulseRange = { minAngle, maxAngle, minWidth, maxWidth };
  const frequency = Math.min(attributes.frequency_hz, highestFrequency(maxWidth));
  const use = takePca9685(rig, { place: placeOf(attributes), oscillator: attributes.oscillator_hz, logger });
  const { chip } = use;
  let commanded: number | undefined;

  const move = async (angle: number): Promise<void> => {
    const clamped = Math.min(Math.max(angle, minAngle), maxAngle);
    await chip.setDuty(channel, (widthOf(clamped, range) * frequency) / 1e6);
    commanded = clamped;
  };

  try {
    await chip.setFrequency(channel, { frequency, isFirm: true });
    if (attributes.starting_position_deg !== undefined) await move(attributes.starting_position_deg);
  } catch (error) {
    chip.forget(channel);
    await use.release();
    throw error;
  }
  return {
    move: (angle) => move(angle),
    getPosition: async () => {
      const duty = await chip.duty(channel);
      // Without pulses a servo stays about where it is.
      if (duty > 0 && duty < 1 && commanded === undefined) return Math.round(angleOf((duty * 1e6) / frequency, range));
      if (commanded !== undefined) return Math.round(commanded);
      throw failedPrecondition(`${chip.place}: where the servo on channel ${channel} stands is not known before its first move`);
    },
    stop: () => chip.setDuty(channel, 0),
    // It tells nothing back.
    isMoving: async () => false,
    close: async () => {
      await chip.letGo([channel]);
      await use.release();
    },
  };
}
