/** Everything before a module's process may start: its executable is found, its data folder made, its first_run script run. */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";
import { dataFolderOf, ensureDataFolder } from "./data-folder.js";
import { type FirstRunRecords, firstRun } from "./first-run.js";
import { moduleEnvironment, workingFolder } from "./module-environment.js";
import { type ModuleExecutable, resolveExecutable } from "./module-executable.js";

/** Where modules live and what they inherit; the same for all of them. */
export interface ModuleSurroundings {
  readonly clock: Clock;
  /** VIAM_HOME. */
  readonly home: string;
  /** "local" without a cloud. */
  readonly robotId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opened when a script is about to run or has run. */
  readonly firstRuns?: () => Promise<FirstRunRecords>;
}

export interface Preparation {
  readonly config: ModuleConfig;
  readonly apiKey: ApiKey | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Of the first_run script's process. */
  readonly mark: string;
  readonly onLine: (line: string) => void;
  readonly onFirstRun: () => void;
}

export async function prepareModule(surroundings: ModuleSurroundings, preparation: Preparation): Promise<ModuleExecutable> {
  const { config, apiKey, logger, signal, mark, onLine, onFirstRun } = preparation;
  const { home, env: base, clock, firstRuns } = surroundings;
  const executable = await resolveExecutable(config, home, signal);
  const dataFolder = makeDataFolder(surroundings, config.name, logger);
  const env = moduleEnvironment({ base, home, config, dataFolder, moduleRoot: executable.root, apiKey });
  await firstRun({
    module: config.name,
    executable: executable.file,
    root: workingFolder(env, executable.file),
    env,
    limit: config.firstRunTimeout,
    clock,
    logger: logger.child("first_run"),
    signal,
    mark,
    onLine,
    onStart: onFirstRun,
    ...(firstRuns === undefined ? {} : { records: firstRuns }),
  });
  signal.throwIfAborted();
  return executable;
}

/** The folder's path. That it cannot be made (a read-only disk) is told and left to the module: many never use it. */
export function makeDataFolder({ home, robotId }: ModuleSurroundings, module: string, logger: Logger): string {
  const folder = dataFolderOf(home, robotId, module);
  try {
    ensureDataFolder(folder);
  } catch (error) {
    logger.warn({ folder, error: messageOf(error) }, "data folder not made");
  }
  return folder;
}
