/** Runs a module inside a test: real server, real sockets in a temporary folder, a stand-in for the supervisor. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ComponentConfig } from "../proto/gen/viam/app/v1/robot.js";
import type { LogEntry, ResourceName } from "../proto/gen/viam/common/v1/common.js";
import { ModuleServiceDefinition } from "../proto/gen/viam/module/v1/module.js";
import { RobotServiceDefinition } from "../proto/gen/viam/robot/v1/robot.js";
import type { CallOptions, ServiceClient } from "../proto/service.js";
import { toStruct } from "../proto/struct.js";
import { notFound } from "./errors.js";
import { createClient } from "./grpc/create-client.js";
import { GrpcChannel } from "./grpc/grpc-channel.js";
import { GrpcServer } from "./grpc/grpc-server.js";
import { Listener } from "./listener.js";
import type { DependencyNames, ModelDefinition } from "./model.js";
import { ModuleServer } from "./module-server.js";
import type { Handle, Values } from "./resource.js";
import { type ResourceApi, toHandle } from "./resource-api.js";
import { standardApis } from "./standard-apis.js";

export interface TestModuleOptions {
  readonly models: readonly ModelDefinition[];
  /** Custom APIs of dependencies. */
  readonly apis?: readonly ResourceApi<object>[] | undefined;
  /** Resources of "other modules" by full name, for example `{ "rdk:component:motor/left": { … } }`. */
  readonly dependencies?: Readonly<Record<string, object>> | undefined;
}

/** A resource as a machine's config has it. */
export interface TestResource {
  readonly api: { readonly triplet: string };
  readonly model: string;
  readonly name: string;
  readonly attributes?: Values | undefined;
  /** debug, info, warn or error */
  readonly logLevel?: string | undefined;
}

/** Anything that runs a function when a test is over, such as the context of `node:test`. */
export interface TestScope {
  after(action: () => Promise<void>): void;
}

/**
 * Starts the module and does the handshake. With a test context it closes by itself, else by `close()` or `await using`.
 *
 * @example
 * const module = await startTestModule({ models: [thermo] }, t);
 * await module.add({ api: sensor, model: "acme:demo:thermo", name: "s", attributes: { offset: 1 } });
 * assert.deepEqual(await module.client(sensor, "s").getReadings(), { celsius: 21 });
 */
export async function startTestModule(options: TestModuleOptions, scope?: TestScope): Promise<TestModule> {
  const folder = await mkdtemp(path.join(tmpdir(), "pinion-test-"));
  const logs: LogEntry[] = [];
  const supervisor = await startSupervisor(path.join(folder, "parent.sock"), options, logs);
  const server = new ModuleServer({ models: options.models, apis: options.apis, name: "test", logLevel: "debug", dataFolder: folder });
  const address = path.join(folder, "module.sock");
  const channel = new GrpcChannel(address);
  const close = async (): Promise<void> => {
    channel.close();
    await server.close();
    supervisor.close();
    await rm(folder, { recursive: true, force: true });
  };
  const module = new TestModule({ address, channel, logs, server, close, dependencies: Object.keys(options.dependencies ?? {}) });
  scope?.after(() => module.close());
  try {
    await server.listen(address);
  } catch (error) {
    await module.close();
    throw error;
  }
  await module.protocol.ready(
    { parentAddress: supervisor.address, rawParentAddress: supervisor.address, webrtcOffer: "" },
    { timeout: 3000 },
  );
  return module;
}

interface TestModuleParts {
  readonly address: string;
  readonly channel: GrpcChannel;
  readonly logs: LogEntry[];
  readonly server: ModuleServer;
  readonly dependencies: readonly string[];
  readonly close: () => Promise<void>;
}

// As long as supervisors wait, where a test has no reason to say otherwise.
const DEADLINE: CallOptions = { timeout: 20_000 };

/** A module under test. Its calls go through the socket like a supervisor's. */
export class TestModule implements AsyncDisposable {
  /** The socket's path. */
  readonly address: string;
  /** Lines the module logged, oldest first. */
  readonly logs: readonly LogEntry[];
  /** The module protocol itself, for tests of details. */
  readonly protocol: ServiceClient<ModuleServiceDefinition>;
  readonly #parts: TestModuleParts;
  readonly #clients = new Map<string, Handle<object>>();
  #closing: Promise<void> | undefined;

  /** Use `startTestModule`. */
  constructor(parts: TestModuleParts) {
    this.#parts = parts;
    this.address = parts.address;
    this.logs = parts.logs;
    this.protocol = createClient(ModuleServiceDefinition, parts.channel);
  }

  /** Full names of the resources it holds. */
  get resourceNames(): readonly string[] {
    return this.#parts.server.resourceNames;
  }

  /** What the model's `validate` returns. Rejects with INVALID_ARGUMENT for a config that is wrong. */
  async validate(resource: TestResource): Promise<DependencyNames> {
    const { dependencies, optionalDependencies } = await this.protocol.validateConfig({ config: toConfig(resource) }, DEADLINE);
    return { required: dependencies, optional: optionalDependencies };
  }

  /** Validates, then adds with those dependencies that are there. Resolves to a client of the resource. */
  async add<T>(resource: TestResource & { readonly api: ResourceApi<T> }, options: CallOptions = DEADLINE): Promise<Handle<T>> {
    await this.protocol.addResource({ config: toConfig(resource), dependencies: await this.#resolve(resource) }, options);
    return await this.#load(resource.api, resource.name);
  }

  async reconfigure(resource: TestResource, options: CallOptions = DEADLINE): Promise<void> {
    await this.protocol.reconfigureResource({ config: toConfig(resource), dependencies: await this.#resolve(resource) }, options);
  }

  async remove(api: { readonly triplet: string }, name: string, options: CallOptions = DEADLINE): Promise<void> {
    await this.protocol.removeResource({ name: `${api.triplet}/${name}` }, options);
  }

  /** A client of a resource that `add` made. */
  client<T>(api: ResourceApi<T>, name: string): Handle<T> {
    const client = this.#clients.get(`${api.triplet}/${name}`);
    if (client === undefined) throw notFound(`no resource ${api.triplet}/${name} was added`);
    // Kept under the triplet of this API.
    return client as Handle<T>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#parts.close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load<T>(api: ResourceApi<T>, name: string): Promise<Handle<T>> {
    const client = (await api.load()).client(this.#parts.channel, name);
    this.#clients.set(`${api.triplet}/${name}`, client);
    return client;
  }

  async #resolve(resource: TestResource): Promise<string[]> {
    const { required = [], optional = [] } = await this.validate(resource);
    const known = [...this.#parts.dependencies, ...this.resourceNames];
    const matching = (name: string): string[] => known.filter((candidate) => candidate === name || candidate.endsWith(`/${name}`));
    for (const name of required) {
      if (matching(name).length === 0) throw notFound(`${resource.name} needs ${name}; the test has ${known.join(", ") || "nothing"}`);
    }
    return [...required, ...optional].flatMap(matching);
  }
}

function toConfig(resource: TestResource): ComponentConfig {
  const [namespace = "", , type = ""] = resource.api.triplet.split(":");
  const config: ComponentConfig = {
    name: resource.name,
    namespace,
    type,
    model: resource.model,
    dependsOn: [],
    serviceConfigs: [],
    attributes: toStruct(resource.attributes ?? {}, "attributes"),
    api: resource.api.triplet,
  };
  return resource.logLevel === undefined ? config : { ...config, logConfiguration: { level: resource.logLevel } };
}

interface Supervisor {
  readonly address: string;
  close(): void;
}

async function startSupervisor(address: string, options: TestModuleOptions, logs: LogEntry[]): Promise<Supervisor> {
  const server = new GrpcServer();
  const dependencies = options.dependencies ?? {};
  server.addService(RobotServiceDefinition, {
    resourceNames: () => ({ resources: Object.keys(dependencies).map(toResourceName) }),
    resourceRPCSubtypes: () => ({ resourceRpcSubtypes: [] }),
    log: (request) => {
      logs.push(...request.logs);
      return {};
    },
  });
  const apis = new Map([...standardApis(), ...(options.apis ?? []).map((api) => [api.triplet, api] as const)]);
  for (const triplet of new Set(Object.keys(dependencies).map((name) => name.slice(0, name.indexOf("/"))))) {
    await serveObjects(server, apis.get(triplet), triplet, dependencies);
  }
  const listener = new Listener(server);
  await listener.listen(address);
  return {
    address,
    close: () => {
      listener.close();
      server.destroy();
    },
  };
}

async function serveObjects(
  server: GrpcServer,
  api: ResourceApi<object> | undefined,
  triplet: string,
  objects: Readonly<Record<string, object>>,
): Promise<void> {
  if (api === undefined) throw notFound(`dependencies: the API ${triplet} is not known; hand it over in apis`);
  const adapter = await api.load();
  const handlers = adapter.handlers((name) => {
    const object = objects[`${triplet}/${name}`];
    if (object === undefined) throw notFound(`the test has no ${triplet}/${name}`);
    return toHandle(object, adapter);
  });
  server.addService(adapter.definition, handlers);
}

function toResourceName(fullName: string): ResourceName {
  const [triplet = "", name = ""] = fullName.split("/");
  const [namespace = "", type = "", subtype = ""] = triplet.split(":");
  return { namespace, type, subtype, name, remotePath: [], localName: "" };
}
