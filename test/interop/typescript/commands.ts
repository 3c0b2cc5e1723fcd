/** The commands that every resource of the suite answers. */
import { setTimeout as delay } from "node:timers/promises";
import { type CallOptions, invalidArgument, type ResourceLogger, type Values } from "pinion/sdk";

const builds = new Map<string, number>();
/** Marks of `sleep` commands that go on. */
const sleepers = new Set<unknown>();

/** Counts how often a name was built in this process. */
export function countBuild(name: string): void {
  builds.set(name, (builds.get(name) ?? 0) + 1);
}

type Describe = () => Promise<Values>;

/** `describe` adds what the resource has to say about itself. */
export function commands(name: string, logger: ResourceLogger, describe: Describe = async () => ({})) {
  return async (command: Values, options?: CallOptions): Promise<Values> => {
    const { echo, print, log, metadata, sleep, as: mark, sleeping, crash } = command;
    if (echo !== undefined) return { echo };
    if (print !== undefined) {
      console.log(`${print} on stdout`);
      console.error(`${print} on stderr`);
      return {};
    }
    if (log !== undefined) {
      logger.debug(`${log} debug`);
      logger.info(`${log} info`);
      logger.warn(`${log} warning`);
      logger.error(`${log} error`);
      return {};
    }
    if (typeof metadata === "string") return { metadata: options?.metadata?.[metadata] ?? null };
    if (typeof sleep === "number") {
      sleepers.add(mark);
      await delay(sleep, undefined, options?.signal === undefined ? {} : { signal: options.signal }).finally(() => sleepers.delete(mark));
      return { slept: sleep };
    }
    if (sleeping !== undefined) return { sleeping: sleepers.has(sleeping) };
    if (typeof crash === "number") process.exit(crash);
    if (command["describe"] !== undefined) {
      const env = Object.entries(process.env).filter(([key]) => /^(VIAM|ACME)_/.test(key));
      return {
        language: "typescript",
        pid: process.pid,
        builds: builds.get(name),
        argv: process.argv.slice(2),
        cwd: process.cwd(),
        env: Object.fromEntries(env),
        ...(await describe()),
      };
    }
    throw invalidArgument(`unknown command ${Object.keys(command)}`);
  };
}
