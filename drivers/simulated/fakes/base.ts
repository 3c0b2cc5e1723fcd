/** A base that is at once where it was told to go, and moves for ever when it was given a speed. */
import type { Base, BaseProperties, Vector3 } from "pinion/sdk";

export function create(): Base {
  return new FakeBase();
}

const STILL: Vector3 = { x: 0, y: 0, z: 0 };

class FakeBase implements Base {
  /** Millimetres from where it started, x to the right and y ahead of it then. */
  #x = 0;
  #y = 0;
  /** Degrees to the left. */
  #heading = 0;
  #linear = STILL;
  #angular = STILL;

  async moveStraight(distanceMm: number, speed: number): Promise<void> {
    await this.stop();
    const distance = distanceMm * (speed < 0 ? -1 : 1);
    this.#x -= distance * Math.sin((this.#heading * Math.PI) / 180);
    this.#y += distance * Math.cos((this.#heading * Math.PI) / 180);
  }

  async spin(angle: number, speed: number): Promise<void> {
    await this.stop();
    this.#heading += angle * (speed < 0 ? -1 : 1);
  }

  async setPower(linear: Vector3, angular: Vector3): Promise<void> {
    this.#linear = linear;
    this.#angular = angular;
  }

  async setVelocity(linear: Vector3, angular: Vector3): Promise<void> {
    await this.setPower(linear, angular);
  }

  async stop(): Promise<void> {
    this.#linear = STILL;
    this.#angular = STILL;
  }

  async isMoving(): Promise<boolean> {
    return [this.#linear, this.#angular].some(({ x, y, z }) => x !== 0 || y !== 0 || z !== 0);
  }

  async getProperties(): Promise<BaseProperties> {
    return { width: 0.6, turningRadius: 0.1, wheelCircumference: 3 };
  }

  async getStatus(): Promise<Record<string, unknown>> {
    return { x_mm: this.#x, y_mm: this.#y, heading_deg: this.#heading, linear: this.#linear, angular: this.#angular };
  }
}
