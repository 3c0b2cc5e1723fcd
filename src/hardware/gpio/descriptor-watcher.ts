/**
 * Says when a descriptor has something to read, through the package `epoll`, which only this file names. Node's own file reads would park a thread of
 * its pool for every line that is watched.
 */
import { createRequire } from "node:module";
import { PinionError } from "../../base/errors.js";
import { libraryMissing } from "./native-library.js";

/** What is used of the package, which comes without types. */
interface Epoll {
  add(descriptor: number, events: number): void;
  remove(descriptor: number): void;
}
interface EpollModule {
  readonly Epoll: {
    new (listener: (error: Error | null, descriptor: number) => void): Epoll;
    readonly EPOLLIN: number;
    readonly EPOLLPRI: number;
  };
}

/** Bytes to read, or an exceptional state: what sysfs signals. */
export type Readiness = "data" | "exception";

// One for the process, never closed: closing it from within its own callback frees what that callback still uses.
let shared: { readonly epoll: Epoll; readonly library: EpollModule["Epoll"] } | undefined;
const listeners = new Map<number, () => void>();

/** Returns what ends it, to be called before the descriptor is closed. Keeps the process alive until then. */
export function watchDescriptor(descriptor: number, readiness: Readiness, listener: () => void): () => void {
  shared ??= loadEpoll();
  const { epoll, library } = shared;
  epoll.add(descriptor, readiness === "data" ? library.EPOLLIN : library.EPOLLPRI);
  listeners.set(descriptor, listener);
  return () => {
    // What is already on its way finds no listener.
    if (listeners.get(descriptor) !== listener) return;
    listeners.delete(descriptor);
    epoll.remove(descriptor);
  };
}

function loadEpoll(): NonNullable<typeof shared> {
  // Here, since it takes two megabytes that only those who watch should pay.
  const { isMainThread } = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");
  if (!isMainThread)
    throw new PinionError("GPIO_UNSUPPORTED", "GPIO edges can be watched in the main thread of a process only, not in a worker");
  let library: EpollModule["Epoll"];
  try {
    library = (createRequire(import.meta.url)("epoll") as EpollModule).Epoll; // without types, see above
  } catch (error) {
    throw libraryMissing("epoll", "edges of GPIO lines", error);
  }
  return { library, epoll: new library((_error, descriptor) => listeners.get(descriptor)?.()) };
}
