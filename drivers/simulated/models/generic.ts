/** A generic component or service that sends every command back. */
import type { GenericComponent, GenericService } from "pinion/sdk";

export function create(): GenericComponent & GenericService {
  return { doCommand: async (command) => command };
}
