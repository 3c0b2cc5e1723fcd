/** What happens when something goes wrong that nobody expected: it is said, what was promised is written, the modules end, the process ends. */
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";

export interface CrashOptions {
  readonly logger: Logger;
  /** In this order, each whatever became of the others. They must not wait for anything. */
  readonly steps: readonly ((message: string) => void)[];
}

const EXIT_CRASHED = 1;

/** From now on until the returned function is called. Rejections that nobody handles count too. */
export function endOnCrash({ logger, steps }: CrashOptions): () => void {
  let isCrashing = false;
  const onCrash = (error: unknown): void => {
    // An error on the way out changes nothing any more.
    if (isCrashing) return;
    isCrashing = true;
    const message = messageOf(error);
    const stack = error instanceof Error ? error.stack : undefined;
    const say = (): void => logger.error({ error: message, stack }, "the supervisor meets an error that nobody expected and ends");
    for (const step of [say, ...steps]) {
      try {
        step(message);
      } catch {
        // The next step matters more than this one's failure.
      }
    }
    process.exit(EXIT_CRASHED);
  };
  process.on("uncaughtException", onCrash);
  return () => void process.off("uncaughtException", onCrash);
}
