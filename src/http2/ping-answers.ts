/**
 * RFC 9113 section 6.7: answers to PING, a moment late. Official Go and C++ peers ask one behind most of their data, as soon as the last one
 * was answered, to measure their bandwidth: answered at once, that would be half of all frames and many a system call of their own.
 */
import { systemClock } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";

const DELAY: Millis = millis(5);

/** Of all connections that owe answers. */
let owing: PingAnswers[] = [];

export class PingAnswers {
  readonly #answer: (payload: Buffer) => void;
  #payload: Buffer | undefined;

  constructor(answer: (payload: Buffer) => void) {
    this.#answer = answer;
  }

  /** A copy of the payload is answered later. Whoever asks again before that is answered at once. */
  add(payload: Buffer): void {
    if (this.#payload !== undefined) {
      this.pay();
      this.#answer(payload);
      return;
    }
    this.#payload = Buffer.from(payload);
    owing.push(this);
    if (owing.length === 1) systemClock.after(DELAY, payAll);
  }

  /** What is owed, now. */
  pay(): void {
    const payload = this.#payload;
    this.#payload = undefined;
    if (payload !== undefined) this.#answer(payload);
  }
}

function payAll(): void {
  const all = owing;
  owing = [];
  for (const answers of all) answers.pay();
}
