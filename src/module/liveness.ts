/**
 * Finds out whether a ready module still answers. Once a second it is asked for a method that nobody has, which every gRPC server refuses
 * from the same loop or threads that serve its resources. Not HTTP/2 pings: Go servers end connections that ping often.
 *
 * A module that is stopped by a signal is told hung at once. One that is only silent is given time, longer when there is a reason for it:
 * - a call that was in flight when the silence began may be what it works on (a long constructor, a slow call in a single-threaded module);
 *   calls that began later are its victims and excuse nothing;
 * - it waits for a device, or got no processor, or the supervisor itself did not: it can hardly help that;
 * - somebody debugs it.
 */
import type { Clock, Timer } from "../base/clock.js";
import { formatGoDuration } from "../base/go-duration.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import { type ProcessorTime, readProcessorTime, readProcessStat } from "../process/process-stat.js";

export type ProbeResult = "answered" | "unreachable" | "silent";

export interface LivenessInput {
  readonly pid: number;
  readonly clock: Clock;
  /** Asks the module anything; "silent" when there was no answer within the limit. Never rejects. */
  probe(limit: Millis): Promise<ProbeResult>;
  /** Whether a call is in flight that began before this instant. */
  isBusySince(at: Millis): boolean;
  /** Completes "module X is not ready: it …". Told once. */
  onHung(why: string): void;
}

const INTERVAL: Millis = seconds(1);
/** One second until the probe, this for its answer: together less than three seconds. */
const ANSWER_LIMIT: Millis = millis(1700);
/** For a module that can hardly help it. */
const PATIENCE: Millis = seconds(10);
/** Of the processor. */
const ENOUGH_TO_ANSWER: Millis = millis(300);
const PROBE_LIMIT: Millis = seconds(30);
/** What came meanwhile is read first. */
const LAST_LOOK: Millis = millis(50);
/** A timer so late means that we ourselves stood still. */
const OWN_LAG: Millis = millis(300);
const UNREACHABLE_PAUSE: Millis = millis(200);
const UNREACHABLE_LIMIT: Millis = seconds(1);
/** A call that began just after the probe may have been taken before it. */
const CALL_SLACK: Millis = millis(250);

export class Liveness {
  readonly #input: LivenessInput;
  #timer: Timer | undefined;
  #isEnded = false;
  #isProbing = false;
  #isStopped = false;
  #silentSince: Millis | undefined;
  #processorBefore: ProcessorTime | undefined;
  #unreachableSince: Millis | undefined;
  #excusedAt: Millis | undefined;

  constructor(input: LivenessInput) {
    this.#input = input;
    this.#next(INTERVAL);
  }

  end(): void {
    this.#isEnded = true;
    this.#timer?.cancel();
  }

  #next(delay: Millis): void {
    if (this.#isEnded) return;
    const { clock } = this.#input;
    const due = clock.now() + delay;
    this.#timer?.cancel();
    this.#timer = clock.after(
      delay,
      () => {
        if (clock.now() - due > OWN_LAG && this.#silentSince !== undefined) this.#silentSince = clock.now();
        this.#look();
      },
      { unref: true },
    );
  }

  #look(): void {
    const state = readProcessStat(this.#input.pid)?.state;
    const wasStopped = this.#isStopped;
    this.#isStopped = state === "T";
    if (this.#isStopped && wasStopped) {
      this.#hung("it was stopped by a signal (SIGSTOP or the like) and not continued");
      return;
    }
    if (!this.#isProbing) this.#probe();
    const delay = this.#judge(state);
    if (delay !== undefined) this.#next(delay);
  }

  #probe(): void {
    const { clock, probe, pid } = this.#input;
    if (this.#silentSince === undefined) {
      this.#silentSince = clock.now();
      this.#processorBefore = readProcessorTime(pid);
    }
    this.#isProbing = true;
    probe(PROBE_LIMIT).then(
      (result) => this.#take(result),
      () => this.#take("unreachable"),
    );
  }

  #take(result: ProbeResult): void {
    this.#isProbing = false;
    if (this.#isEnded || result === "silent") return;
    this.#silentSince = undefined;
    this.#excusedAt = undefined;
    if (result === "answered") {
      this.#unreachableSince = undefined;
      return;
    }
    // It may be about to end, which says more than this.
    const now = this.#input.clock.now();
    this.#unreachableSince ??= now;
    if (now - this.#unreachableSince >= UNREACHABLE_LIMIT) this.#hung("its process lives but takes no connections any more");
    else this.#next(UNREACHABLE_PAUSE);
  }

  /** When to look again; undefined when it is over. */
  #judge(state: string | undefined): Millis | undefined {
    const { clock, isBusySince } = this.#input;
    if (this.#silentSince === undefined) return INTERVAL;
    const now = clock.now();
    const left = this.#silentSince + ANSWER_LIMIT - now;
    if (left > 0) return millis(Math.min(INTERVAL, left + LAST_LOOK));
    if (isBusySince(millis(this.#silentSince + CALL_SLACK))) {
      this.#excusedAt = now;
      return INTERVAL;
    }
    if (this.#excusedAt !== undefined && now - this.#excusedAt < ANSWER_LIMIT) return INTERVAL;
    const silence = millis(now - this.#silentSince);
    if (state === "t") return INTERVAL;
    if (silence < PATIENCE && (state === "D" || this.#isStarved(silence))) return INTERVAL;
    this.#hung(`it did not answer for ${formatGoDuration(millis(Math.round(silence / 100) * 100))} (its process is ${doing(state)})`);
    return undefined;
  }

  /** It got hardly any of the processor although it wanted to. */
  #isStarved(silence: Millis): boolean {
    const before = this.#processorBefore;
    const now = readProcessorTime(this.#input.pid);
    if (before === undefined || now === undefined) return false;
    return now.waited - before.waited > silence / 2 && now.used - before.used < ENOUGH_TO_ANSWER;
  }

  #hung(why: string): void {
    if (this.#isEnded) return;
    this.end();
    this.#input.onHung(why);
  }
}

function doing(state: string | undefined): string {
  switch (state) {
    case "R":
      return "busy";
    case "S":
      return "asleep";
    case "D":
      return "waiting for a device";
    case "T":
      return "stopped";
    default:
      return `in state ${state ?? "unknown"}`;
  }
}
