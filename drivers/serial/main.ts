/** The process of the devices on serial ports. */
import { createHardware } from "pinion/hardware";
import { runModule } from "pinion/sdk";
import { createModels } from "./models.js";

/** Settles when the module listens; the process ends by itself when its supervisor is gone. */
export const ended: Promise<void> = runModule({ models: createModels(createHardware()) });
