/** One operation at a time: a new one ends the one that runs and begins when that has ended. Of several that wait, the last one runs. */

export class OneOperation {
  #abort: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** Whether one runs or waits to. */
  get isRunning(): boolean {
    return this.#abort !== undefined;
  }

  /**
   * Runs `operation`; its signal is aborted when another begins, on `end`, and when the caller gives up. Resolves to whether it was done: false when another
   * one took its place, whatever it threw then. Rejects with what it throws, and with the caller's reason when the caller gave up.
   */
  async run(operation: (signal: AbortSignal) => Promise<void>, caller?: AbortSignal): Promise<boolean> {
    this.#abort?.abort();
    const before = this.#ended;
    const own = new AbortController();
    this.#abort = own;
    const done = this.#run(before, own, operation, caller);
    this.#ended = done.then(
      () => undefined,
      () => undefined,
    );
    return await done;
  }

  /**
   * One that goes on until another takes its place: resolves when it calls `begun`, or has ended before. Rejects with what it throws before that;
   * what it throws later goes to `onFailure`.
   */
  begin(operation: (signal: AbortSignal, begun: () => void) => Promise<void>, onFailure: (error: Error) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let hasBegun = false;
      const begun = (): void => {
        hasBegun = true;
        resolve();
      };
      this.run((signal) => operation(signal, begun)).then(
        () => resolve(),
        (error: unknown) => {
          if (hasBegun) onFailure(error instanceof Error ? error : new Error(String(error)));
          else reject(error);
        },
      );
    });
  }

  /** Ends the one that runs, then does `action`. What is asked for meanwhile begins after it. */
  async between(action: () => Promise<void>): Promise<void> {
    this.#abort?.abort();
    const done = this.#ended.then(action);
    this.#ended = done.catch(() => undefined); // the caller has the error
    await done;
  }

  /** Ends the one that runs; resolves when it has ended. */
  async end(): Promise<void> {
    this.#abort?.abort();
    await this.#ended;
  }

  async #run(
    before: Promise<void>,
    own: AbortController,
    operation: (signal: AbortSignal) => Promise<void>,
    caller: AbortSignal | undefined,
  ): Promise<boolean> {
    try {
      await before;
      caller?.throwIfAborted();
      if (own.signal.aborted) return false;
      await operation(caller === undefined ? own.signal : AbortSignal.any([own.signal, caller]));
      if (own.signal.aborted) return false;
      caller?.throwIfAborted();
      return true;
    } catch (error) {
      // A call that was broken off is no failure; a pin that fails is told to who took its place.
      if (own.signal.aborted) return false;
      caller?.throwIfAborted();
      throw error;
    } finally {
      if (this.#abort === own) this.#abort = undefined;
    }
  }
}
