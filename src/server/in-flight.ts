/** How many calls run per resource and service, so that one client in a loop cannot starve the rest. */

/** The calls to one resource through one service. */
export interface Place {
  /** Simple name, a dot and the service. */
  readonly key: string;
  count: number;
}

/** Places that are empty are forgotten when there are so many. */
const MANY = 4096;

export class InFlight {
  readonly limit: number;
  readonly #services = new Map<string, Map<string, Place>>();
  #size = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** False when the limit is reached. */
  enter(place: Place): boolean {
    if (place.count >= this.limit) return false;
    place.count += 1;
    return true;
  }

  leave(place: Place): void {
    place.count -= 1;
  }

  /** Of a resource that there is. To be asked for with every call: places are not kept for ever. */
  place(service: string, name: string): Place {
    let places = this.#services.get(service);
    if (places === undefined) {
      places = new Map();
      this.#services.set(service, places);
    }
    return places.get(name) ?? this.#add(places, service, name);
  }

  #add(places: Map<string, Place>, service: string, name: string): Place {
    if (this.#size >= MANY) this.#forgetEmpty();
    this.#size += 1;
    const place: Place = { key: name === "" ? service : `${name}.${service}`, count: 0 };
    places.set(name, place);
    return place;
  }

  #forgetEmpty(): void {
    for (const places of this.#services.values()) {
      for (const [name, { count }] of places) {
        if (count > 0) continue;
        places.delete(name);
        this.#size -= 1;
      }
    }
  }
}
