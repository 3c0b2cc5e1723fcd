/** Digital interrupts of a board that a chip's interrupt pins are wired to: listened to for as long as the resource lives, anew after the board was away. */
import { type Clock, millis } from "pinion/hardware";
import type { Board, Handle, ResourceLogger, Tick } from "pinion/sdk";

export interface InterruptLineOptions {
  readonly board: Handle<Board>;
  readonly interrupts: readonly string[];
  readonly clock: Clock;
  readonly logger: ResourceLogger;
  /** Must not throw. */
  readonly onTick: (tick: Tick) => Promise<void>;
  /** Each time it begins to listen: what happened before is not told. Must not throw. */
  readonly onListening: () => Promise<void>;
}

/** Milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;

export class InterruptLine {
  readonly #options: InterruptLineOptions;
  readonly #abort = new AbortController();
  #listening: Promise<void> = Promise.resolve();

  private constructor(options: InterruptLineOptions) {
    this.#options = options;
  }

  /** Rejects when the board does not have the interrupts. */
  static async open(options: InterruptLineOptions): Promise<InterruptLine> {
    const line = new InterruptLine(options);
    const ticks = await line.#subscribe();
    line.#listening = line.#listen(ticks);
    return line;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#listening;
  }

  #subscribe(): Promise<AsyncIterable<Tick>> {
    const { board, interrupts } = this.#options;
    return board.streamTicks(interrupts, { signal: this.#abort.signal });
  }

  async #listen(first: AsyncIterable<Tick>): Promise<void> {
    const { onListening, onTick, clock, logger, interrupts } = this.#options;
    const { signal } = this.#abort;
    let ticks: AsyncIterable<Tick> | undefined = first;
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      try {
        ticks ??= await this.#subscribe();
        await onListening();
        pause = FIRST_PAUSE;
        for await (const tick of ticks) await onTick(tick);
        throw new Error("the stream ended");
      } catch (error) {
        if (!signal.aborted && pause === FIRST_PAUSE)
          logger.warn("the board's interrupts are not told any more; trying again", { interrupts, error });
      }
      ticks = undefined;
      await clock.sleep(millis(pause), signal).catch(() => undefined); // the loop looks at the signal
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}
