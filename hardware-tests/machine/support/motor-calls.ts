/** Calls of a daemon's motors, without the time that a client of its own takes to start. */
import { createClient } from "../../../src/proto/client.js";
import { MotorServiceDefinition } from "../../../src/proto/gen/viam/component/motor/v1/motor.js";
import type { Daemon } from "../../../test/support/start-daemon.js";

export async function setPower(daemon: Pick<Daemon, "channel">, name: string, powerPct: number): Promise<void> {
  await createClient(MotorServiceDefinition, daemon.channel()).setPower({ name, powerPct, extra: undefined }, { timeout: 10_000 });
}

/** A move that nobody waits for: the test ends it. */
export function beginMove(daemon: Pick<Daemon, "channel">, name: string, rpm: number, revolutions: number): void {
  const motors = createClient(MotorServiceDefinition, daemon.channel());
  motors.goFor({ name, rpm, revolutions, extra: undefined }, { timeout: 60_000 }).catch(() => undefined);
}
