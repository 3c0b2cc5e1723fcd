/**
 * A module's server: the module protocol, the resource APIs of its models, reflection. The level below `runModule`: it has no
 * arguments, signals or process of its own, so it can also run inside a test.
 */
import { systemClock, type Timer } from "../base/clock.js";
import type { LogLevel } from "../base/logger.js";
import { seconds } from "../base/millis.js";
import { ModuleServiceDefinition } from "../proto/gen/viam/module/v1/module.js";
import type { CallContext } from "../proto/service.js";
import { notFound } from "./errors.js";
import { GrpcServer } from "./grpc/grpc-server.js";
import { type CallSource, sourceOf } from "./grpc/server-call.js";
import { Listener } from "./listener.js";
import { LiveResources } from "./live-resources.js";
import { LogShipper } from "./log-shipper.js";
import type { ModelDefinition } from "./model.js";
import { ModelTable } from "./model-table.js";
import { createModuleHandlers } from "./module-handlers.js";
import { Parent } from "./parent.js";
import { serveReflection } from "./reflection.js";
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
/** For calls that still run when the resources are closed. */
const DRAIN_LIMIT = seconds(0.2);
/** As long as a supervisor gives a resource to stop. */
const STOP_LIMIT = seconds(2);
/** A supervisor that accepts a connection and keeps it for so long lives, whatever became of another one. */
const PROOF_OF_LIFE = seconds(0.25);

export class ModuleServer implements AsyncDisposable {
  readonly logger: ResourceLogger;
  readonly #options: ModuleServerOptions;
  readonly #grpc = new GrpcServer();
  readonly #listener: Listener = new Listener(this.#grpc, {
    onEnded: (source) => this.#onConnectionEnded(source),
    onLastClosed: () => this.#onLastClosed(),
  });
  readonly #table: ModelTable;
  readonly #resources = new LiveResources();
  readonly #parent = new Parent();
  readonly #logs = new LogShipper(systemClock);
  readonly #stopping = new AbortController();
  /** API triplets whose service is there. */
  readonly #serving = new Set<string>();
  /** Connections by which the handshake came: the supervisor's. */
  readonly #supervisors = new Set<CallSource>();
  /** The supervisor lives, but the connection of its handshake does not: which one is its own now is not known. */
  #isEstranged = false;
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
    this.#grpc.addService(
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
        onReady: (call) => this.#onReady(call),
      }),
    );
    serveReflection(this.#grpc, this.#table, ModuleServiceDefinition.fullName);
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
    this.#listener.stop();
    await this.#grpc.close(DRAIN_LIMIT);
    this.#listener.close();
  }

  /** From its first resource on, so that a module pays only for the APIs that a machine uses. */
  #serve(triplet: string, adapter: ApiAdapter<object>): void {
    if (this.#serving.has(triplet)) return;
    this.#serving.add(triplet);
    this.#grpc.addService(
      adapter.definition,
      adapter.handlers((name) => this.#find(triplet, name)),
    );
  }

  #find(triplet: string, name: string): Handle<object> {
    const handle = this.#resources.find(`${triplet}/${name}`);
    if (handle !== undefined) return handle;
    throw notFound(`no resource ${triplet}/${name} in this module`);
  }

  #onReady(call: CallContext): void {
    const source = sourceOf(call);
    if (source !== undefined) {
      this.#supervisors.add(source);
      this.#isEstranged = false;
    }
    this.#connectParent();
  }

  #onConnectionEnded(source: CallSource): void {
    if (this.#supervisors.delete(source) && this.#supervisors.size === 0) void this.#onLoss();
  }

  #onLastClosed(): void {
    if (this.#isEstranged) void this.#onLoss();
    this.#watchParent(RECHECK_INTERVAL);
  }

  /**
   * Who commanded the motors may be gone. A supervisor that ended refuses connections at once, and then they stop at once. One that lives only
   * renewed its connection (idle for long, out of stream numbers): it goes on to command, and what it set in motion goes on. Whether one that
   * ended will be back is not waited for.
   */
  async #onLoss(): Promise<void> {
    if (this.#options.hasParent === false || this.#closing !== undefined) return;
    const lives = this.#parent.address !== undefined && (await this.#parent.isReachable(PROOF_OF_LIFE));
    if (this.#closing !== undefined) return;
    if (lives) {
      // Another handshake may have come meanwhile.
      this.#isEstranged = this.#supervisors.size === 0;
      return;
    }
    const resources = await this.#resources.stopAll(STOP_LIMIT);
    if (resources.length > 0) this.logger.warn("the connection from the supervisor was lost: stopped what moves", { resources });
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
}
