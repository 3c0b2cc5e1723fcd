/** Whose turn it is to ask on a port: links that share a port share its turns. */
import { SerialQueue } from "../../base/serial-queue.js";
import type { SerialLink } from "./serial-link.js";

const turns = new WeakMap<SerialLink, SerialQueue>();

export function shareTurns(link: SerialLink, queue: SerialQueue): void {
  turns.set(link, queue);
}

export function turnsOf(link: SerialLink): SerialQueue {
  const known = turns.get(link);
  if (known !== undefined) return known;
  const queue = new SerialQueue();
  turns.set(link, queue);
  return queue;
}
