/** From what an MCP23017 captured and shows to the edges of its pins. Pure but for what it remembers. */

export interface Capture {
  /** Bits of pins 0 to 15: which changed since the last look. */
  readonly flags: number;
  /** Levels when the first of them changed. */
  readonly captured: number;
  /** Levels now. */
  readonly levels: number;
}

export interface PinEdge {
  readonly pin: number;
  readonly isHigh: boolean;
}

/** `bytes`: INTF, INTCAP and GPIO of both ports, the six registers from 0x0E. */
export function parseCapture(bytes: Uint8Array): Capture {
  const pair = (index: number): number => (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8);
  return { flags: pair(0), captured: pair(2), levels: pair(4) };
}

export class EdgeMemory {
  #levels: number | undefined;

  /** Forgets the levels: the chip lost its supply. */
  clear(): void {
    this.#levels = undefined;
  }

  /** The edges of the pins in `mask`: a pulse between two looks gives both of its edges. */
  take({ flags, captured, levels }: Capture, mask: number): readonly PinEdge[] {
    const before = this.#levels;
    this.#levels = levels;
    if (before === undefined) return [];
    const edges: PinEdge[] = [];
    for (let pin = 0; pin < 16; pin++) {
      const bit = 1 << pin;
      if ((mask & bit) === 0) continue;
      let last = before & bit;
      if (flags & bit && (captured & bit) !== last) {
        last = captured & bit;
        edges.push({ pin, isHigh: last !== 0 });
      }
      if ((levels & bit) !== last) edges.push({ pin, isHigh: (levels & bit) !== 0 });
    }
    return edges;
  }
}
