/** Runs tasks one after another, in the order they came. */

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Adds a task; the promise settles as the task does. A failing task does not stop the next. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined); // the caller got the rejection; the queue goes on
    return result;
  }

  /** Resolves when everything added so far has ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
