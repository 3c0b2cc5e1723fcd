/** The simulated module under test, with a clock that the test moves. */

import { startTestModule, type TestModule, type TestScope } from "pinion/sdk/testing";
import { createModels } from "../../../drivers/simulated/models.js";
import { createWorld } from "../../../drivers/simulated/world.js";
import { eventually } from "../../support/eventually.js";
import { ManualClock } from "./manual-clock.js";

export interface SimulatedModule {
  readonly module: TestModule;
  readonly clock: ManualClock;
  /** Waits until a call has come so far that something in the module waits for time to pass. */
  untilBusy(timers?: number): Promise<unknown>;
}

export async function startSimulated(scope: TestScope): Promise<SimulatedModule> {
  const clock = new ManualClock();
  const module = await startTestModule({ models: createModels(createWorld(clock)) }, scope);
  return { module, clock, untilBusy: (timers = 1) => eventually("something waits for time", () => clock.pending === timers) };
}
