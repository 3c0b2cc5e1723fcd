/** The module under test, with chips in memory. */
import { FakeI2c, FakeOneWire } from "pinion/hardware/testing";
import { startTestModule, type TestModule, type TestScope } from "pinion/sdk/testing";
import { createModels } from "../../../drivers/i2c/models.js";
import { createRig } from "../../../drivers/i2c/rig.js";
import { EagerClock } from "./eager-clock.js";

export interface I2cModule {
  readonly module: TestModule;
  readonly i2c: FakeI2c;
  readonly oneWire: FakeOneWire;
  readonly clock: EagerClock;
}

export async function startI2c(scope: TestScope, dependencies: Readonly<Record<string, object>> = {}): Promise<I2cModule> {
  const i2c = new FakeI2c();
  i2c.addBus(1);
  const oneWire = new FakeOneWire();
  const clock = new EagerClock();
  const models = createModels(createRig({ i2c, oneWire }, clock));
  return { module: await startTestModule({ models, dependencies }, scope), i2c, oneWire, clock };
}
