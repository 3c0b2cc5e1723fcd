/** RFC 9113 section 10.5, slow peers: what a peer has begun it must complete, so that a connection is not held with a byte now and then. */
import type { Clock, Timer } from "../base/clock.js";
import { type Millis, seconds } from "../base/millis.js";
import type { FrameReader } from "./frame-reader.js";

/** For the peer's preface and SETTINGS (server role), and for the rest of a header block that was begun. */
const PATIENCE: Millis = seconds(20);
/** As long for a frame, but in steps: a process that was stopped itself for a while finds one of them over, not all. */
const STEP: Millis = seconds(5);
const STEPS = 4;

export interface PatienceOptions {
  readonly clock: Clock;
  readonly reader: FrameReader;
  readonly role: "client" | "server";
  /** `what` did not come in time. */
  readonly onExpired: (what: string) => void;
}

export class PeerPatience {
  readonly #options: PatienceOptions;
  #timer: Timer | undefined;
  #frameTimer: Timer | undefined;

  constructor(options: PatienceOptions) {
    this.#options = options;
    if (options.role === "server") this.#waitFor("the preface and SETTINGS");
  }

  /** The peer's first SETTINGS came. */
  onSettings(): void {
    this.#waitNoMore();
  }

  /** To be called when bytes were read. */
  look(): void {
    const { reader, role } = this.#options;
    if (!reader.hasSettings) return;
    // While a header block is incomplete nothing else can come.
    if (!reader.isInsideBlock) {
      if (this.#timer !== undefined) this.#waitNoMore();
    } else if (this.#timer === undefined) {
      this.#waitFor("the rest of a header block");
    }
    // Large messages come in pieces all the time: one timer watches over many frames.
    if (role === "server" && reader.isInsideFrame && this.#frameTimer === undefined) this.#watchFrame(reader.frames, 1);
  }

  stop(): void {
    this.#waitNoMore();
    this.#frameTimer?.cancel();
  }

  #watchFrame(frames: number, step: number): void {
    const { clock, reader, onExpired } = this.#options;
    const onStep = (): void => {
      this.#frameTimer = undefined;
      if (!reader.isInsideFrame) return;
      if (reader.frames !== frames) this.#watchFrame(reader.frames, 1);
      else if (step < STEPS) this.#watchFrame(frames, step + 1);
      else onExpired("the rest of a frame");
    };
    this.#frameTimer = clock.after(STEP, onStep, { unref: true });
  }

  #waitFor(what: string): void {
    const { clock, onExpired } = this.#options;
    this.#timer = clock.after(PATIENCE, () => onExpired(what), { unref: true });
  }

  #waitNoMore(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
