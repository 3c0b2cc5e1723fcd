/** Pins of a board of another module, by the calls that all boards have. Calls follow each other: the last one that was made is the last one that counts. */
import type { Board, Handle } from "pinion/sdk";
import { inTurn } from "./in-turn.js";
import type { EnablePin, OutputPins, PinEdge, PinSource, PinUser, PwmPin, WatchedPins } from "./pin-source.js";

/** Milliseconds for one call. */
const CALL = { timeout: 2000 };

/** By board and pin: those who have a shared enable pin on, and their calls' turns. */
export type EnabledPins = Map<string, { readonly users: Set<object>; readonly inTurn: ReturnType<typeof inTurn> }>;

export class RemotePins implements PinSource {
  readonly board: string;
  readonly #handle: Handle<Board>;
  readonly #enabled: EnabledPins;
  readonly #inTurn = inTurn();

  constructor(board: string, handle: Handle<Board>, enabled: EnabledPins) {
    this.board = board;
    this.#handle = handle;
    this.#enabled = enabled;
  }

  async openOutputs(pins: readonly string[]): Promise<OutputPins> {
    const set = (levels: readonly (boolean | undefined)[]): Promise<void> => this.#inTurn(() => this.#setAll(pins, levels));
    const low = pins.map(() => false);
    await set(low);
    return { set, close: () => set(low) };
  }

  async openEnable(pin: string, isActiveLow: boolean): Promise<EnablePin> {
    const key = `${this.board} ${pin}`;
    const shared = this.#enabled.get(key) ?? { users: new Set(), inTurn: inTurn() };
    this.#enabled.set(key, shared);
    const { users } = shared;
    const own = {};
    const set = (isOn: boolean): Promise<void> =>
      shared.inTurn(() => {
        if (isOn) users.add(own);
        else users.delete(own);
        return this.#handle.setGpio(pin, users.size > 0 !== isActiveLow, CALL);
      });
    await set(false);
    return { set, close: () => set(false) };
  }

  async openPwm(pin: string): Promise<PwmPin> {
    const off = (): Promise<void> => this.#inTurn(() => this.#handle.setPwm(pin, 0, CALL));
    await off();
    const frequency = await this.#handle.getPwmFrequency(pin, CALL);
    let current = frequency;
    return {
      kind: "unknown",
      frequency,
      set: (frequency, duty) =>
        this.#inTurn(async () => {
          if (frequency !== current) await this.#handle.setPwmFrequency(pin, Math.round(frequency), CALL);
          current = frequency;
          await this.#handle.setPwm(pin, duty, CALL);
        }),
      close: off,
    };
  }

  async watch(pins: readonly string[], user: PinUser, onEdge: (edge: PinEdge) => void): Promise<WatchedPins> {
    const ending = new AbortController();
    const ticks = await this.#handle.streamTicks(pins, { signal: ending.signal });
    const levels = await Promise.all(pins.map((pin) => this.#handle.getGpio(pin, CALL))).catch((error: unknown) => {
      ending.abort();
      throw error;
    });
    let failure: Error | undefined;
    const reading = (async () => {
      try {
        for await (const { pin, isHigh, time } of ticks) {
          const index = pins.indexOf(pin);
          if (index < 0) continue;
          levels[index] = isHigh;
          onEdge({ index, isHigh, time });
        }
        throw new Error("the stream ended");
      } catch (error) {
        if (ending.signal.aborted) return;
        failure = new Error(`board ${this.board} does not tell edges of ${pins.join(", ")} any more`, { cause: error });
        user.logger.error("edges are not told any more; the resource works again when the board is back and it is built anew", {
          error: failure,
        });
      }
    })();
    return {
      hasKernelTime: undefined,
      lost: 0,
      get failure() {
        return failure;
      },
      get: async () => levels,
      close: async () => {
        ending.abort();
        await reading;
      },
    };
  }

  async #setAll(pins: readonly string[], levels: readonly (boolean | undefined)[]): Promise<void> {
    for (const [index, pin] of pins.entries()) {
      const level = levels[index];
      if (level !== undefined) await this.#handle.setGpio(pin, level, CALL);
    }
  }
}
