/**
 * Where a wheel is: turns counted from a position that begins anew with each of them, followed while the wheel turns. Following also keeps the servo's own
 * watchdog from running out.
 */
import type { Clock, Timer } from "pinion/hardware";
import { millis } from "pinion/hardware";
import { failedPrecondition, type ResourceLogger, unimplemented } from "pinion/sdk";
import type { ServoUnit } from "./servo-unit.js";
import { TurnCounter } from "./turn-counter.js";

const PERIOD = 100;
/** Turns that may pass unseen: half a turn the other way would look the same. */
const MOST_UNSEEN = 0.4;

export interface WheelFollowerOptions {
  /** Known already. */
  readonly unit: ServoUnit;
  readonly clock: Clock;
  readonly logger: ResourceLogger;
  /** Revolutions per minute that the wheel was told last. */
  readonly rpm: () => number;
}

export class WheelFollower {
  readonly #options: WheelFollowerOptions;
  readonly #turns: TurnCounter | undefined;
  #seenAt: number | undefined;
  #lost: string | undefined;
  #timer: Timer | undefined;

  constructor(options: WheelFollowerOptions) {
    this.#options = options;
    const { wheelModulus } = options.unit.family;
    this.#turns = wheelModulus === undefined ? undefined : new TurnCounter(wheelModulus);
  }

  /** The wheel has a position. */
  get hasPosition(): boolean {
    return this.#turns !== undefined;
  }

  assertPosition(): void {
    this.#needTurns();
  }

  /** The servo was found, at first or again, and stands still: where it is counts anew. */
  async settle(): Promise<void> {
    if (this.#turns === undefined) return;
    if (this.#seenAt !== undefined) this.#lose("the port was away");
    this.#turns.update(await this.#options.unit.readPosition());
    this.#seenAt = this.#options.clock.now();
  }

  /** Revolutions from zero. Throws when turns may have passed unseen. */
  async read(): Promise<number> {
    const turns = this.#needTurns();
    const { unit, clock, rpm } = this.#options;
    await unit.ready();
    const steps = await unit.readPosition();
    const now = clock.now();
    const unseen = (Math.abs(rpm()) * (now - (this.#seenAt ?? now))) / 60_000;
    const { steps: all, wheelModulus = all } = unit.family;
    if ((unseen * all) / wheelModulus > MOST_UNSEEN) this.#lose("it turned while nobody could read its position");
    this.#seenAt = now;
    const total = turns.update(steps) / all;
    if (this.#lost === undefined) return total;
    throw failedPrecondition(`${unit.name} does not know its position: ${this.#lost}. ResetZeroPosition begins anew`);
  }

  /** Where the wheel stands is `-offset` from now on, in revolutions. */
  async reset(offset: number): Promise<void> {
    const turns = this.#needTurns();
    const { unit, clock } = this.#options;
    turns.update(await unit.readPosition());
    turns.set(-offset * unit.family.steps);
    this.#lost = undefined;
    this.#seenAt = clock.now();
  }

  /** For as long as the wheel turns. */
  follow(): void {
    const { clock, rpm } = this.#options;
    if (rpm() === 0 || this.#timer !== undefined) return;
    this.#timer = clock.after(millis(PERIOD), () => {
      void this.#look().finally(() => {
        this.#timer = undefined;
        this.follow();
      });
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { unit, logger } = this.#options;
    try {
      if (this.#turns === undefined) await unit.isMoving();
      else if (this.#lost === undefined) await this.read();
      else await unit.readPosition();
    } catch (error) {
      logger.warn("the turning servo does not answer", { error });
    }
  }

  #needTurns(): TurnCounter {
    if (this.#turns !== undefined) return this.#turns;
    const { unit } = this.#options;
    throw unimplemented(`${unit.name} (${unit.family.name}) does not know its position as a wheel`);
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
  }
}
