/** The tree of frames under "world": which are connected, and what a pose in one is in another. */
import type { Geometry } from "../../proto/gen/viam/common/v1/common.js";
import { chain, NOWHERE, type Placement, reverse } from "./placement.js";

export const WORLD = "world";

export interface Frame {
  readonly name: string;
  readonly parent: string;
  /** Where the frame stands in its parent. */
  readonly placement: Placement;
  readonly geometry?: Geometry;
}

/** A question about a frame that is not there, or hangs in the air. The text says which and why. */
export class FrameError extends Error {
  override readonly name: string = "FrameError";
}

export class FrameSystem {
  readonly #frames: ReadonlyMap<string, Frame>;

  /** A frame whose name comes again is replaced by the later one. */
  constructor(frames: readonly Frame[]) {
    this.#frames = new Map(frames.map((frame) => [frame.name, frame]));
  }

  /** Frames that hang together with the world, parents before children, else in the order they came. */
  connected(): readonly Frame[] {
    const done = new Set<string>([WORLD]);
    const result: Frame[] = [];
    for (const frame of this.#frames.values()) {
      const pending: Frame[] = [];
      let current: Frame | undefined = frame;
      while (current !== undefined && !done.has(current.name) && !pending.includes(current)) {
        pending.unshift(current);
        current = this.#frames.get(current.parent);
      }
      const first = pending[0];
      if (first === undefined || !done.has(first.parent)) continue;
      for (const item of pending) done.add(item.name);
      result.push(...pending);
    }
    return result;
  }

  /** Where what stands at `placement` in frame `from` stands in frame `to`. */
  transform(placement: Placement, from: string, to: string): Placement {
    const inWorld = chain(this.#inWorld(from), placement);
    return chain(reverse(this.#inWorld(to)), inWorld);
  }

  #inWorld(name: string): Placement {
    let placement = NOWHERE;
    const path: string[] = [];
    for (let current = name; current !== WORLD; ) {
      if (path.includes(current))
        throw new FrameError(`the frame "${name}" is not connected to the world: ${[...path, current].join(" -> ")} is a cycle`);
      path.push(current);
      const frame = this.#frames.get(current);
      if (frame === undefined) throw new FrameError(this.#missing(name, current));
      placement = chain(frame.placement, placement);
      current = frame.parent;
    }
    return placement;
  }

  #missing(asked: string, missing: string): string {
    const known = [WORLD, ...this.#frames.keys()].join(", ");
    if (asked === missing)
      return `no frame "${missing}" in the frame system; there are ${known}. A resource has one when its config has a "frame" with a "parent"`;
    return `the frame "${asked}" is not connected to the world: its ancestor "${missing}" is no frame; there are ${known}`;
  }
}
