/** Something that goes to its target at one steady speed: a servo's horn, a joint, a slide. Units are the caller's. */

export class Sweep {
  readonly #now: () => number;
  #from: number;
  #to: number;
  #start: number;
  #speed = 1;

  constructor(now: () => number, position: number) {
    this.#now = now;
    this.#start = now();
    this.#from = position;
    this.#to = position;
  }

  position(): number {
    const done = (this.#now() - this.#start) * this.#speed;
    const distance = this.#to - this.#from;
    return done >= Math.abs(distance) ? this.#to : this.#from + Math.sign(distance) * done;
  }

  isMoving(): boolean {
    return this.#now() < this.#arrival();
  }

  /** Goes to `target` at `speed` (units per second, positive). Returns the time of arrival. */
  goTo(target: number, speed: number): number {
    this.#from = this.position();
    this.#start = this.#now();
    this.#to = target;
    this.#speed = speed;
    return this.#arrival();
  }

  /** Stays where it is now. */
  hold(): void {
    this.goTo(this.position(), this.#speed);
  }

  #arrival(): number {
    return this.#start + Math.abs(this.#to - this.#from) / this.#speed;
  }
}
