/** The PWM outputs of this machine. */
import type { Clock } from "../../base/clock.js";
import type { Gpio } from "../gpio/gpio.js";
import type { Roots } from "../roots.js";
import { sysFiles } from "../sys-files.js";
import type { Pwm, PwmOutput } from "./pwm.js";
import { SoftwarePwm } from "./software-pwm.js";
import { SysfsPwm } from "./sysfs-pwm.js";

export interface PwmParts {
  readonly roots: Roots;
  readonly gpio: Gpio;
  readonly clock: Clock;
}

/** `close` closes all outputs still open. */
export function createPwm({ roots, gpio, clock }: PwmParts): Pwm & { close(): void } {
  const sysfs = new SysfsPwm(roots, sysFiles);
  const outputs = new Set<PwmOutput>();
  const keep = <T extends PwmOutput>(output: T): T => {
    const close = output.close.bind(output);
    output.close = () => {
      outputs.delete(output);
      close();
    };
    outputs.add(output);
    return output;
  };
  return {
    openHardware: (address) => keep(sysfs.open(address)),
    switchOff: (address) => sysfs.switchOff(address),
    discard: (address) => sysfs.discard(address),
    openSoftware: (line, consumer) => keep(new SoftwarePwm(clock, gpio.openOutputs([line], { consumer, initial: [false] }))),
    close() {
      for (const output of [...outputs]) output.close();
    },
  };
}
