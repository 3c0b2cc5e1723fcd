/** Tells the store's event log what happened, stamped with the boot's own time; what happens before the store is open waits for it. */
import { readBootId, readUptime } from "../base/boot-clock.js";
import type { Clock } from "../base/clock.js";
import type { JsonObject } from "../base/json.js";
import type { EventLog, MachineEvent } from "../store/event-log.js";

export interface EventSubject {
  readonly module?: string;
  readonly resource?: string;
  readonly detail?: JsonObject;
}

const MAX_WAITING = 1000;

export class History {
  readonly #clock: Clock;
  #waiting: MachineEvent[] = [];
  #log: EventLog | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `kind` is a word with dashes that programs may look for, `message` a sentence for people. */
  tell(kind: string, message: string, { module, resource, detail = {} }: EventSubject = {}): void {
    const event: MachineEvent = {
      time: this.#clock.wall(),
      bootId: readBootId(),
      uptime: readUptime() / 1000,
      kind,
      message,
      detail,
      ...(module === undefined ? {} : { module }),
      ...(resource === undefined ? {} : { resource }),
    };
    if (this.#log !== undefined) this.#log.append(event);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(event);
  }

  attach(log: EventLog): void {
    this.#log = log;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) log.append(event);
  }
}
