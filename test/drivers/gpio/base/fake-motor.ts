/** A motor of another module that notes what it is told, and fails or hangs when it is told to. */
import type { CallOptions, Motor, MotorPower, MotorProperties } from "pinion/sdk";

export class FakeMotor implements Motor {
  readonly calls: string[] = [];
  power = 0;
  position = 0;
  hasPosition = true;
  /** Thrown by the next call that moves it. */
  failure: Error | undefined;
  status: Record<string, unknown> = {};
  /** Ends the `goFor` that runs. */
  finish: (error?: Error) => void = () => {};

  async setPower(power: number): Promise<void> {
    this.#note("setPower", power);
    this.power = power;
  }

  goFor(rpm: number, revolutions: number, options?: CallOptions): Promise<void> {
    this.#note("goFor", rpm, revolutions);
    this.power = Math.sign(rpm * revolutions);
    return new Promise((resolve, reject) => {
      this.finish = (error) => {
        this.power = 0;
        if (error === undefined) resolve();
        else reject(error);
      };
      options?.signal?.addEventListener("abort", () => this.finish(new Error("aborted")), { once: true });
    });
  }

  async goTo(): Promise<void> {
    throw new Error("a base has no use for goTo");
  }

  async setRpm(rpm: number): Promise<void> {
    this.#note("setRpm", rpm);
    this.power = Math.sign(rpm);
  }

  async resetZeroPosition(): Promise<void> {}

  async getPosition(): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    return this.position;
  }

  async getProperties(): Promise<MotorProperties> {
    return { positionReporting: this.hasPosition };
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
    this.power = 0;
    this.finish();
  }

  async isPowered(): Promise<MotorPower> {
    return { isOn: this.power !== 0, power: this.power };
  }

  async isMoving(): Promise<boolean> {
    return this.power !== 0;
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return this.status;
  }

  /** What it was told since this was asked last. */
  heard(): readonly string[] {
    return this.calls.splice(0);
  }

  #note(name: string, ...values: readonly number[]): void {
    this.calls.push([name, ...values.map((value) => value.toFixed(2))].join(" "));
    if (this.failure !== undefined) throw this.failure;
  }
}
