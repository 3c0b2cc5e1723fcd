/** An encoder that looks at a magnet on the shaft: watched all the time to count turns, and read anew when asked. */
import type { I2cDevice } from "pinion/hardware";
import type { Encoder, EncoderPosition, EncoderUnit, Lifecycle, ResourceLogger } from "pinion/sdk";
import type { ChipAttributes } from "../attributes.js";
import { Chip, type ChipProfile } from "../chip.js";
import { Poller } from "../poller.js";
import type { Rig } from "../rig.js";
import type { MagnetReading } from "./magnet.js";
import { degreesOf, Turns } from "./turns.js";

export interface MagneticEncoderOptions {
  readonly profile: ChipProfile;
  readonly place: ChipAttributes;
  readonly pollHz: number;
  readonly logger: ResourceLogger;
  readonly read: (device: I2cDevice) => Promise<MagnetReading>;
}

/** So many polls late, the shaft may have turned unseen. */
const LATE = 5;

export async function createMagneticEncoder(rig: Rig, options: MagneticEncoderOptions): Promise<Encoder & Lifecycle<unknown>> {
  const { profile, place, pollHz, logger, read } = options;
  const { clock } = rig;
  const interval = 1000 / pollHz;
  const turns = new Turns();
  const chip = new Chip(rig, { profile, bus: place.i2c_bus, address: place.i2c_addr, logger });
  let seenAt: number | undefined;
  let concern: string | undefined;

  async function look(signal?: AbortSignal): Promise<void> {
    const reading = await chip.use(async (device) => {
      const taken = await read(device);
      if (taken.problem !== undefined) throw new Error(taken.problem);
      return taken;
    }, signal);
    const now = clock.now();
    if (seenAt !== undefined && now - seenAt > Math.max(LATE * interval, 100)) {
      logger.warn("the shaft was not watched for a while: whole turns may be missing from the position", {
        milliseconds: Math.round(now - seenAt),
      });
    }
    seenAt = now;
    turns.advance(reading.angle);
    if (reading.concern !== undefined && reading.concern !== concern) logger.warn(reading.concern, { chip: profile.name });
    concern = reading.concern;
  }

  await look();
  // Failures are logged by the chip, and told to whoever asks.
  const poller = new Poller(clock, interval, () => look().catch(() => undefined));
  return {
    getPosition: async (unit: EncoderUnit = "ticks", callOptions): Promise<EncoderPosition> => {
      await look(callOptions?.signal);
      return unit === "ticks" ? { value: turns.position, unit } : { value: degreesOf(turns.position), unit };
    },
    resetPosition: async (callOptions) => {
      await look(callOptions?.signal);
      turns.reset();
    },
    getProperties: async () => ({ ticksSupported: true, degreesSupported: true }),
    close: async () => {
      await poller.close();
      await chip.close();
    },
  };
}
