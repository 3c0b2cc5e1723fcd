/** The serial module under test, with ports and buses in memory. */
import { type Clock, systemClock } from "pinion/hardware";
import { createFakeHardware, type FakeHardware } from "pinion/hardware/testing";
import { startTestModule, type TestModule, type TestScope } from "pinion/sdk/testing";
import { createModels } from "../../../../drivers/serial/models.js";

export interface SerialModule extends FakeHardware {
  readonly module: TestModule;
}

export async function startSerial(scope: TestScope, clock: Clock = systemClock): Promise<SerialModule> {
  const fake = createFakeHardware();
  const module = await startTestModule({ models: createModels(fake.hardware, clock) }, scope);
  return { ...fake, module };
}

/** Bytes from hex: `bytes("FF 01")`. */
export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(/\s+/), (text) => Number.parseInt(text, 16));
}
