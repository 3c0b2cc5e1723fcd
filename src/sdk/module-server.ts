/**
 * A module's server: the module protocol, the resource APIs of its models, reflection. The level below `runModule`: it has no
 * arguments, signals or process of its own, so it can also run inside a test.
 */
import type { Server } from "@grpc/grpc-js";
import { systemClock, type Timer } from "../base/clock.js";
import type { LogLevel } from "../base/logger.js";
import { seconds } from "../base/millis.js";
import { createServer } from "../proto/channel.js";
import { DescriptorIndex } from "../proto/descriptor-index.js";
import { ModuleServiceDefinition } from "../proto/gen/viam/module/v1/module.js";
import { addOwnDescriptors, addReflection } from "../proto/reflection.js";
import { addService } from "../proto/serve.js";
import { notFound } from "./errors.js";
import { Listener } from "./listener.js";
import { LiveResources } from "./live-resources.js";
import { LogShipper } from "./log-shipper.js";
import type { ModelDefinition } from "./model.js";
import { ModelTable } from "./model-table.js";
import { createModuleHandlers } from "./module-handlers.js";
import { Parent } from "./parent.js";
import type { Handle } from "./resource.js";
import type { ApiAdapter, ResourceApi } from "./resource-api.js";
import { createLogger, type ResourceLogger } from "./resource-logger.js";

export interface ModuleServerOptions {
  readonly models: readonly ModelDefinition[];
  /** Custom APIs that resources of this module call but no model of it serves. */
  readonly apis?: readonly ResourceApi<object>[] | undefined;
  /** The module's name in the log. Default: `module`. */
  readonly name?: string | undefined;
  /** For resources whose config names no level. Default: `info`. */
  readonly logLevel?: LogLevel | undefined;
  /** Handed to every resource. */
  readonly dataFolder?: string | undefined;
  /** Default true. False: logs go to standard output and only dependencies within the module can be called. */
  readonly hasParent?: boolean | undefined;
  /** Runs once when the supervisor was there and is gone. */
  readonly onParentLost?: (() => void) | undefined;
}

const CHECK_INTERVAL = seconds(10);
// Short, because what the module drives goes on until it notices.
const RECHECK_INTERVAL = seconds(0.2);
// A supervisor that restarts its listener within this many looks keeps its modules.
const MISSES_UNTIL_LOST = 3;
const FLUSH_LIMIT = 300;

export class ModuleServer implements AsyncDisposable {
  readonly logger: ResourceLogger;
  readonly #options: ModuleServerOptions;
  readonly #grpc: Server = createServer();
  readonly #listener: Listener = new Listener(this.#grpc, () => this.#watchParent(RECHECK_INTERVAL));
  readonly #table: ModelTable;
  readonly #resources = new LiveResources();
  readonly #parent = new Parent();
  readonly #logs = new LogShipper(systemClock);
  readonly #stopping = new AbortController();
  /** API triplets whose service is there. */
  readonly #serving = new Set<string>();
  #misses = 0;
  #timer: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ModuleServerOptions) {
    this.#options = options;
    this.#table = new ModelTable(options.models, options.apis);
    this.logger = createLogger(options.name ?? "module", options.logLevel ?? "info", this.#logs.sink);
  }

  /** Serves at a socket path or host:port (port 0: any free one). Resolves to the address when connections are accepted. */
  async listen(address: string): Promise<string> {
    addService(
      this.#grpc,
      ModuleServiceDefinition,
      createModuleHandlers({
        table: this.#table,
        resources: this.#resources,
        parent: this.#parent,
        logs: this.#logs.sink,
        logLevel: this.#options.logLevel ?? "info",
        dataFolder: this.#options.dataFolder,
        stopping: this.#stopping.signal,
        serve: (api, adapter) => this.#serve(api, adapter),
        onReady: () => this.#connectParent(),
      }),
    );
    this.#addReflection();
    return await this.#listener.listen(address);
  }

  /** Full names of the resources it holds now. */
  get resourceNames(): readonly string[] {
    return this.#resources.names;
  }

  /** Stops and closes all resources, sends what is left of the log, stops serving. Once, however often it is called. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    this.#stopping.abort(new Error("the module stops"));
    await this.#resources.closeAll();
    await this.#logs.flush(FLUSH_LIMIT);
    this.#parent.close();
    this.#listener.close();
    this.#grpc.forceShutdown();
  }

  /** From its first resource on, so that a module pays only for the APIs that a machine uses. */
  #serve(triplet: string, adapter: ApiAdapter<object>): void {
    if (this.#serving.has(triplet)) return;
    this.#serving.add(triplet);
    addService(
      this.#grpc,
      adapter.definition,
      adapter.handlers((name) => this.#find(triplet, name)),
    );
  }

  #find(triplet: string, name: string): Handle<object> {
    const handle = this.#resources.find(`${triplet}/${name}`);
    if (handle !== undefined) return handle;
    throw notFound(`no resource ${triplet}/${name} in this module`);
  }

  #connectParent(): void {
    if (this.#options.hasParent === false || this.#parent.address === undefined || this.#timer !== undefined) return;
    const robot = this.#parent.robot();
    this.#logs.connect(async (entry) => void (await robot.log({ logs: [entry] }, { timeout: 5000 })));
    this.#watchParent(CHECK_INTERVAL);
  }

  /** Looks again after `delay`: an open connection proves that the supervisor lives, else its socket must accept one. */
  #watchParent(delay: typeof CHECK_INTERVAL): void {
    if (this.#parent.address === undefined || this.#options.hasParent === false || this.#closing !== undefined) return;
    this.#timer?.cancel();
    this.#timer = systemClock.after(delay, () => void this.#checkParent(), { unref: true });
  }

  async #checkParent(): Promise<void> {
    const isThere = this.#listener.hasConnections || (await this.#parent.isReachable());
    this.#misses = isThere ? 0 : this.#misses + 1;
    if (this.#misses < MISSES_UNTIL_LOST) {
      this.#watchParent(isThere ? CHECK_INTERVAL : RECHECK_INTERVAL);
      return;
    }
    this.#logs.connect(undefined);
    this.logger.warn("the supervisor is gone", { address: this.#parent.address });
    this.#options.onParentLost?.();
  }

  #addReflection(): void {
    let index: Promise<DescriptorIndex> | undefined;
    addReflection(this.#grpc, {
      services: () => [
        ...this.#table.served.map(({ service }) => service),
        ModuleServiceDefinition.fullName,
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ],
      descriptors: () => {
        index ??= this.#describe();
        return index;
      },
    });
  }

  async #describe(): Promise<DescriptorIndex> {
    const index = new DescriptorIndex();
    await addOwnDescriptors(index);
    for (const api of this.#table.served) await (await api.load()).describe?.(index);
    return index;
  }
}
