/** A base that is at once where it was told to go, and moves for ever when it was given a speed. */
import type { Base, Vector } from "./apis.js";

export function create(): Base {
  return new FakeBase();
}

const STILL: Vector = { x: 0, y: 0, z: 0 };

class FakeBase implements Base {
  /** Millimetres from where it started, x to the right and y ahead of it then. */
  #x = 0;
  #y = 0;
  /** Degrees to the left. */
  #heading = 0;
  #linear = STILL;
  #angular = STILL;

  readonly moveStraight: Base["moveStraight"] = async ({ distanceMm, mmPerSec }) => {
    this.#halt();
    const distance = Number(distanceMm) * (mmPerSec < 0 ? -1 : 1);
    this.#x -= distance * Math.sin((this.#heading * Math.PI) / 180);
    this.#y += distance * Math.cos((this.#heading * Math.PI) / 180);
    return {};
  };

  readonly spin: Base["spin"] = async ({ angleDeg, degsPerSec }) => {
    this.#halt();
    this.#heading += angleDeg * (degsPerSec < 0 ? -1 : 1);
    return {};
  };

  readonly setPower: Base["setPower"] = async ({ linear, angular }) => {
    this.#linear = linear ?? STILL;
    this.#angular = angular ?? STILL;
    return {};
  };

  readonly setVelocity: Base["setVelocity"] = async ({ linear, angular }) => {
    this.#linear = linear ?? STILL;
    this.#angular = angular ?? STILL;
    return {};
  };

  readonly stop: Base["stop"] = async () => {
    this.#halt();
    return {};
  };

  readonly isMoving: Base["isMoving"] = async () => {
    const { x, y, z } = this.#linear;
    return { isMoving: [x, y, z, this.#angular.x, this.#angular.y, this.#angular.z].some((speed) => speed !== 0) };
  };

  readonly getProperties: Base["getProperties"] = async () => ({
    widthMeters: 0.6,
    turningRadiusMeters: 0.1,
    wheelCircumferenceMeters: 3,
  });

  readonly getStatus = async (): Promise<Record<string, unknown>> => ({
    x_mm: this.#x,
    y_mm: this.#y,
    heading_deg: this.#heading,
    linear: this.#linear,
    angular: this.#angular,
  });

  #halt(): void {
    this.#linear = STILL;
    this.#angular = STILL;
  }
}
