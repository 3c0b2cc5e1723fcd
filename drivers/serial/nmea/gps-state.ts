/** What a receiver has said, with the time of each part: parts that are not renewed grow old and are unknown again. Pure but for the clock. */
import type { Coordinates, Sentence } from "./parse-sentence.js";

interface Aged<T> {
  readonly value: T;
  readonly at: number;
}

export interface AgedPosition extends Coordinates {
  /** Metres above the mean sea level; NaN when the receiver does not say. */
  readonly altitude: number;
  /** Milliseconds since it was measured. */
  readonly age: number;
}

export interface GpsStateOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Milliseconds after which all but the last good position is unknown. */
  readonly maxAge: number;
}

export class GpsState {
  readonly #options: GpsStateOptions;
  readonly #inView = new Map<string, Aged<number>>();
  #lastSentence: number | undefined;
  #position: Aged<Coordinates> | undefined;
  #altitude: Aged<number> | undefined;
  #speed: Aged<number> | undefined;
  #course: Aged<number> | undefined;
  #heading: Aged<number> | undefined;
  #fix: Aged<number> | undefined;
  #mode: Aged<number> | undefined;
  #satellites: Aged<number> | undefined;
  #hdop: Aged<number> | undefined;
  #vdop: Aged<number> | undefined;

  constructor(options: GpsStateOptions) {
    this.#options = options;
  }

  take(sentence: Sentence): void {
    this.#lastSentence = this.#options.now();
    switch (sentence.kind) {
      case "GGA":
        this.#fix = this.#aged(sentence.quality);
        this.#satellites = this.#aged(sentence.satellites);
        this.#hdop = this.#aged(sentence.hdop) ?? this.#hdop;
        if ((sentence.quality ?? 0) > 0) {
          this.#place(sentence.coordinates);
          this.#altitude = this.#aged(sentence.altitude);
        }
        return;
      case "RMC":
        this.#mode = this.#aged(sentence.isValid ? sentence.quality : 0);
        if (sentence.isValid) this.#place(sentence.coordinates);
        this.#move(sentence);
        return;
      case "GLL":
        if (sentence.isValid) this.#place(sentence.coordinates);
        return;
      case "VTG":
        // Those of older receivers do not say themselves that they are worth nothing.
        this.#move(this.fix === 0 ? { ...sentence, isValid: false } : sentence);
        return;
      case "GSA":
        this.#hdop = this.#aged(sentence.hdop) ?? this.#hdop;
        this.#vdop = this.#aged(sentence.vdop) ?? this.#vdop;
        return;
      case "GSV": {
        const count = this.#aged(sentence.satellitesInView);
        if (count !== undefined) this.#inView.set(sentence.talker, count);
        return;
      }
      case "HDT":
        this.#heading = this.#aged(sentence.heading);
        return;
      case "other":
    }
  }

  /** Milliseconds since the last sentence; undefined before the first. */
  get silence(): number | undefined {
    return this.#lastSentence === undefined ? undefined : this.#options.now() - this.#lastSentence;
  }

  /** The last good one, however old. */
  get position(): AgedPosition | undefined {
    if (this.#position === undefined) return undefined;
    const { value, at } = this.#position;
    // An altitude of another time belongs to another place.
    const isFitting = this.#altitude !== undefined && Math.abs(this.#altitude.at - at) <= this.#options.maxAge;
    return { ...value, altitude: isFitting ? (this.#altitude?.value ?? Number.NaN) : Number.NaN, age: this.#options.now() - at };
  }

  /** Quality of the fix as in GGA; from the mode letter of RMC where no GGA comes. */
  get fix(): number | undefined {
    return this.#fresh(this.#fix) ?? this.#fresh(this.#mode);
  }

  get satellitesInUse(): number | undefined {
    return this.#fresh(this.#satellites);
  }

  /** Of all systems together. */
  get satellitesInView(): number | undefined {
    const counts = [...this.#inView.values()].map((count) => this.#fresh(count)).filter((count) => count !== undefined);
    return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
  }

  get hdop(): number | undefined {
    return this.#fresh(this.#hdop);
  }

  get vdop(): number | undefined {
    return this.#fresh(this.#vdop);
  }

  /** Over ground, metres per second. */
  get speed(): number | undefined {
    return this.#fresh(this.#speed);
  }

  /** Direction of the movement over ground, degrees clockwise from true north. */
  get course(): number | undefined {
    return this.#fresh(this.#course);
  }

  /** Where the bow points, degrees clockwise from true north; only receivers with two antennas or a compass know. */
  get heading(): number | undefined {
    return this.#fresh(this.#heading);
  }

  #place(coordinates: Coordinates | undefined): void {
    if (coordinates !== undefined) this.#position = { value: coordinates, at: this.#options.now() };
  }

  #move({
    isValid,
    speed,
    course,
  }: {
    readonly isValid: boolean;
    readonly speed: number | undefined;
    readonly course: number | undefined;
  }): void {
    this.#speed = this.#aged(isValid ? speed : undefined);
    this.#course = this.#aged(isValid ? course : undefined);
  }

  #aged<T>(value: T | undefined): Aged<T> | undefined {
    return value === undefined ? undefined : { value, at: this.#options.now() };
  }

  #fresh<T>(aged: Aged<T> | undefined): T | undefined {
    return aged !== undefined && this.#options.now() - aged.at <= this.#options.maxAge ? aged.value : undefined;
  }
}
