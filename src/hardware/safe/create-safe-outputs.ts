/** The safe outputs of the machine that this process runs on. */
import type { Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import { createHardware } from "../create-hardware.js";
import { preloadI2c } from "../i2c/native-wire.js";
import { preloadSerial } from "../serial/native-port.js";
import { SafeOutputs } from "./safe-outputs.js";

/** Opens nothing and loads no native library before it is asked to. */
export function createSafeOutputs({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): SafeOutputs {
  const hardware = createHardware({ clock, logger });
  return new SafeOutputs({ hardware, clock, logger, preload: { i2c: preloadI2c, serial: preloadSerial } });
}
