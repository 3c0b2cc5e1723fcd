/** The process of what is wired to GPIO pins. */
import { createHardware } from "pinion/hardware";
import { runModule } from "pinion/sdk";
import { createModels } from "./models.js";
import { createRig } from "./rig.js";

/** Settles when the module listens; the process ends by itself when its supervisor is gone. */
export const ended: Promise<void> = runModule({ models: createModels(createRig(createHardware())) });
