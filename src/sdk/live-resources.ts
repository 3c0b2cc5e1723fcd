/** The resources a module holds now, and how each is added, reconfigured, removed: one thing at a time for each name. */
import { systemClock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { type Millis, seconds } from "../base/millis.js";
import { SerialQueue } from "../base/serial-queue.js";
import { RpcError, Status, toRpcError } from "../proto/status-code.js";
import type { Lifecycle } from "./lifecycle.js";
import type { ModelDefinition } from "./model.js";
import type { Handle, Resource } from "./resource.js";
import { type ApiAdapter, toHandle } from "./resource-api.js";
import type { ResourceContext } from "./resource-context.js";
import type { ResourceLogger } from "./resource-logger.js";

export interface Build {
  readonly model: ModelDefinition;
  readonly adapter: ApiAdapter<object>;
  readonly context: ResourceContext<unknown>;
}

type Built = object & Lifecycle<unknown> & { stop?: (options?: object) => unknown };

/** At the end of the module: how long one resource may take, and after how long the others no longer wait for their turn to stop. */
const CLOSE_LIMIT = seconds(1);
const STOP_TURN_LIMIT = seconds(0.2);

interface Entry {
  readonly object: Built;
  readonly handle: Handle<Resource>;
  readonly model: ModelDefinition;
  readonly logger: ResourceLogger;
}

export class LiveResources {
  readonly #entries = new Map<string, Entry>();
  readonly #queues = new Map<string, SerialQueue>();

  /** By full name. */
  find(fullName: string): Handle<Resource> | undefined {
    return this.#entries.get(fullName)?.handle;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  add(build: Build): Promise<void> {
    const name = build.context.fullName;
    return this.#inTurn(name, async () => {
      if (this.#entries.has(name)) throw new RpcError(Status.ALREADY_EXISTS, `${name} exists already; remove it first`);
      await this.#create(build);
    });
  }

  /** In place where the resource can, else closed and made anew. */
  reconfigure(build: Build): Promise<void> {
    const name = build.context.fullName;
    return this.#inTurn(name, async () => {
      const entry = this.#entries.get(name);
      if (entry === undefined) throw new RpcError(Status.NOT_FOUND, `${name} does not exist; add it first`);
      if (entry.model.model === build.model.model && entry.object.reconfigure !== undefined) {
        const outcome = await untilAborted(entry.object.reconfigure(build.context), build.context.signal, name);
        if (outcome !== "rebuild") return;
      }
      await this.#close(name, entry);
      await this.#create(build);
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(name, async () => {
      const entry = this.#entries.get(name);
      if (entry === undefined) throw new RpcError(Status.NOT_FOUND, `${name} does not exist`);
      await this.#close(name, entry);
    });
  }

  /** Stops all that can be stopped, at the same time; they stay. Resolves to their names, at the latest when the limit is over. */
  async stopAll(limit: Millis): Promise<readonly string[]> {
    const moving = [...this.#entries].filter(([, { object }]) => typeof object.stop === "function");
    await Promise.all(
      moving.map(async ([name, { object, logger }]) => {
        const stopping = (async () => await object.stop?.({}))();
        await withDeadline(systemClock, limit, `stopping ${name}`, stopping).catch((error: unknown) =>
          logger.error("could not stop", { error }),
        );
      }),
    );
    return moving.map(([name]) => name);
  }

  /**
   * Closes all, the youngest first, so that dependents go before what they depend on. One that hangs is left behind, and does not keep
   * moving what would be stopped after it.
   */
  async closeAll(): Promise<void> {
    const rest = systemClock.after(STOP_TURN_LIMIT, () => void this.stopAll(CLOSE_LIMIT), { unref: true });
    for (const [name, entry] of [...this.#entries].toReversed()) {
      await withDeadline(systemClock, CLOSE_LIMIT, `closing ${name}`, this.#close(name, entry)).catch((error: unknown) =>
        entry.logger.error("could not close", { error }),
      );
    }
    rest.cancel();
  }

  async #create({ model, adapter, context }: Build): Promise<void> {
    const making = model.create(context);
    let object: Built;
    try {
      object = await untilAborted(making, context.signal, context.fullName);
    } catch (error) {
      // What is finished after its caller gave up must not live on unseen.
      if (context.signal.aborted)
        making.then(
          (late) => shut(late, context.logger),
          () => undefined,
        );
      throw error;
    }
    // The adapter's defaults give every object the methods all resources have.
    const handle = toHandle(object, adapter) as Handle<Resource>;
    this.#entries.set(context.fullName, { object, handle, model, logger: context.logger });
  }

  async #close(name: string, entry: Entry): Promise<void> {
    this.#entries.delete(name);
    await shut(entry.object, entry.logger);
  }

  async #inTurn(name: string, task: () => Promise<void>): Promise<void> {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new SerialQueue();
      this.#queues.set(name, queue);
    }
    await queue.run(task);
  }
}

/** Stops and closes; what fails is logged, because the resource is gone in any case. */
async function shut(object: Built, logger: ResourceLogger): Promise<void> {
  try {
    if (typeof object.stop === "function") await object.stop({});
  } catch (error) {
    logger.warn("could not stop before closing", { error });
  }
  try {
    await object.close?.();
  } catch (error) {
    logger.warn("could not close cleanly", { error });
  }
}

function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal, name: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void =>
      reject(new RpcError(Status.DEADLINE_EXCEEDED, `${name}: the caller gave up waiting`, { cause: signal.reason }));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(work)
      .then(resolve, (error: unknown) => reject(toRpcError(error)))
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}
