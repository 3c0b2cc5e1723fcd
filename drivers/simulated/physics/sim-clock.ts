/** The time of the simulation. Values are computed from it when somebody asks; nothing ticks in between. */

export interface SimClock {
  /** Seconds, monotonic, from an arbitrary start. */
  now(): number;
  /** Runs `action` once after that many seconds unless the returned function is called first. */
  after(delay: number, action: () => void): () => void;
  /** Wall time, for stamps that people read. */
  wall(): Date;
}

// Node's timers hold 31 bits of milliseconds; a longer wait wakes early and is asked for again.
const LONGEST_TIMER = 2_147_483;

export const realClock: SimClock = {
  now: () => performance.now() / 1000,
  after(delay, action) {
    const timer = setTimeout(action, Math.min(Math.max(delay, 0), LONGEST_TIMER) * 1000);
    return () => clearTimeout(timer);
  },
  wall: () => new Date(),
};
