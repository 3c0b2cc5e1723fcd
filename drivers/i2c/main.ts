/** The process of the drivers for chips on I2C and 1-Wire. */
import { runModule } from "pinion/sdk";
import { createModels } from "./models.js";

/** Settles when the module listens; the process ends by itself when its supervisor is gone. */
export const ended: Promise<void> = runModule({ models: createModels() });
