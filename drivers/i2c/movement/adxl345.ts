/** An ADXL345: acceleration, read when asked; taps and falls, counted by its interrupts. */
import type { I2cDevice } from "pinion/hardware";
import { board, type Lifecycle, type MovementSensor, type ResourceContext } from "pinion/sdk";
import { Chip } from "../chip.js";
import { InterruptLine } from "../interrupt-line.js";
import { assertIdentity } from "../known-chips.js";
import type { Rig } from "../rig.js";
import { type Adxl345Attributes, addressOf } from "./adxl345-attributes.js";
import { parseAcceleration, STEP, toSteps } from "./adxl345-registers.js";
import { vectorReading } from "./vector-reading.js";

export { schema, validate } from "./adxl345-attributes.js";

const DEVID = 0x00;
const BW_RATE = 0x2c;
const POWER_CTL = 0x2d;
const INT_ENABLE = 0x2e;
const INT_MAP = 0x2f;
const INT_SOURCE = 0x30;
const DATA_FORMAT = 0x31;
const DATA = 0x32;
/** BW_RATE: 100 samples a second; POWER_CTL: measure. */
const RATE = 0x0a;
const MEASURE = 0x08;
/** Full resolution over 16 g. */
const FORMAT = 0x0b;
const TAP = 0x40;
const FALL = 0x04;
/** Milliseconds: two samples. */
const START_TIME = 20;

export async function create(
  { attributes, dependencies, logger }: ResourceContext<Adxl345Attributes>,
  rig: Rig,
): Promise<MovementSensor & Lifecycle<Adxl345Attributes>> {
  const { tap, free_fall: fall, i2c_bus: bus } = attributes;
  const address = addressOf(attributes);
  const enabled = (tap === undefined ? 0 : TAP) | (fall === undefined ? 0 : FALL);
  const mapped = (tap?.accelerometer_pin === 2 ? TAP : 0) | (fall?.accelerometer_pin === 2 ? FALL : 0);
  /** BW_RATE, POWER_CTL, INT_ENABLE, INT_MAP. */
  const settings = [RATE, MEASURE, enabled, mapped];
  const counts = { taps: 0, falls: 0 };

  async function isConfigured(device: I2cDevice): Promise<boolean> {
    const found = await device.readBlock(BW_RATE, settings.length);
    return settings.every((value, index) => found[index] === value) && (await device.readByte(DATA_FORMAT)) === FORMAT;
  }

  async function configure(device: I2cDevice): Promise<void> {
    await device.writeByte(DATA_FORMAT, FORMAT);
    if (tap !== undefined) {
      await device.writeByte(0x1d, toSteps(tap.threshold, STEP.tapThreshold));
      await device.writeByte(0x21, toSteps(tap.dur_us, STEP.tapDuration));
      await device.writeByte(0x2a, (tap.exclude_x ? 0 : 4) | (tap.exclude_y ? 0 : 2) | (tap.exclude_z ? 0 : 1));
    }
    if (fall !== undefined) {
      await device.writeByte(0x28, toSteps(fall.threshold, STEP.fallThreshold));
      await device.writeByte(0x29, toSteps(fall.time_ms, STEP.fallTime));
    }
    await device.writeByte(BW_RATE, RATE);
    await device.writeByte(POWER_CTL, MEASURE);
    await device.writeByte(INT_MAP, mapped);
    await device.writeByte(INT_ENABLE, enabled); // after all that interrupts depend on
    await chip.sleep(START_TIME);
  }

  const chip: Chip = new Chip(rig, {
    profile: {
      name: "ADXL345",
      hint: `with its pin SDO ${address === 0x53 ? "high it is at 0x1d: then set" : "low it is at 0x53: then leave out"} use_alternate_i2c_address`,
      identify: async (device) => assertIdentity(DEVID, await device.readByte(DEVID), 0xe5),
      isConfigured,
      configure,
    },
    bus,
    address,
    logger,
  });

  /** Found set when listening began: from before, or of a tick that is still to come. */
  let unclaimed = 0;

  /** Reading takes the interrupts back, so that the next one is told. Undefined when it fails, which the chip logs. */
  async function takeInterrupts(): Promise<number | undefined> {
    const source = await chip.use((device) => device.readByte(INT_SOURCE)).catch(() => undefined);
    return source === undefined ? undefined : source & enabled;
  }

  async function count(): Promise<void> {
    const taken = await takeInterrupts();
    if (taken === undefined) return;
    const source = taken === 0 ? unclaimed : taken;
    unclaimed = 0;
    if (source & TAP) counts.taps++;
    if (source & FALL) counts.falls++;
  }

  await chip.open();
  const pins = new Set([tap?.interrupt_pin, fall?.interrupt_pin].filter((pin) => pin !== undefined));
  const line =
    attributes.board === undefined || pins.size === 0
      ? undefined
      : await InterruptLine.open({
          board: dependencies.get(board, attributes.board),
          interrupts: [...pins],
          clock: rig.clock,
          logger,
          // One that was pending before would keep the line high, and none would follow.
          onListening: async () => {
            unclaimed = (await takeInterrupts()) ?? 0;
          },
          onTick: async ({ isHigh }) => {
            if (isHigh) await count();
          },
        });

  return {
    getLinearAcceleration: (options) => chip.use(readAcceleration, options?.signal),
    getReadings: async (options) => ({
      linear_acceleration: vectorReading(await chip.use(readAcceleration, options?.signal)),
      single_tap_count: counts.taps,
      freefall_count: counts.falls,
    }),
    close: async () => {
      await line?.close();
      await chip.close();
    },
  };
}

/** In one read, so that the axes are of one sample. */
async function readAcceleration(device: I2cDevice): Promise<ReturnType<typeof parseAcceleration>> {
  return parseAcceleration(await device.readBlock(DATA, 6));
}
