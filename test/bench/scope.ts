/** What a bench opened, ended in reverse order: stands in for the test context that the tests' helpers take. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Cleanup } from "../support/start-daemon.js";

export interface Scope extends Cleanup {
  /** A folder that is gone after the bench. */
  readonly folder: string;
  end(): Promise<void>;
}

export function createScope(): Scope {
  const actions: (() => unknown)[] = [];
  const folder = mkdtempSync(path.join(os.tmpdir(), "pb-"));
  actions.push(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    // Hooks of the benches take no context.
    after: (action) => actions.push(action as () => unknown),
    async end() {
      for (const action of actions.toReversed()) await action();
      actions.length = 0;
    },
  };
}
