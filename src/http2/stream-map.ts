/** Streams by their numbers: a hash table of open addressing, since a Map makes garbage of every stream that comes and goes. */

interface Numbered {
  readonly id: number;
}

const SMALLEST = 64;

export class StreamMap<S extends Numbered> {
  /** A power of two of places, at most half of them taken. */
  #places: (S | undefined)[] = new Array<S | undefined>(SMALLEST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): S | undefined {
    const places = this.#places;
    const mask = places.length - 1;
    for (let at = placeOf(id, mask); ; at = (at + 1) & mask) {
      const stream = places[at];
      if (stream === undefined || stream.id === id) return stream;
    }
  }

  /** Of a number that is not in use. */
  add(stream: S): void {
    this.#size += 1;
    if (this.#size * 2 > this.#places.length) this.#move(this.#places.length * 2);
    place(this.#places, stream);
  }

  delete(id: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let hole = placeOf(id, mask);
    while (places[hole]?.id !== id) {
      if (places[hole] === undefined) return;
      hole = (hole + 1) & mask;
    }
    // Whoever had to step aside for what is gone moves up.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const stream = places[at];
      if (stream === undefined) break;
      const home = placeOf(stream.id, mask);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      places[hole] = stream;
      hole = at;
    }
    places[hole] = undefined;
    this.#size -= 1;
    if (this.#size * 8 < places.length && places.length > SMALLEST) this.#move(places.length / 2);
  }

  /** Oldest number first. */
  all(): S[] {
    return this.#places.filter((stream) => stream !== undefined).toSorted((a, b) => a.id - b.id);
  }

  #move(length: number): void {
    const before = this.#places;
    this.#places = new Array<S | undefined>(length).fill(undefined);
    for (const stream of before) if (stream !== undefined) place(this.#places, stream);
  }
}

function place<S extends Numbered>(places: (S | undefined)[], stream: S): void {
  const mask = places.length - 1;
  let at = placeOf(stream.id, mask);
  while (places[at] !== undefined) at = (at + 1) & mask;
  places[at] = stream;
}

/** The numbers of one connection are all odd. */
function placeOf(id: number, mask: number): number {
  return (id >>> 1) & mask;
}
