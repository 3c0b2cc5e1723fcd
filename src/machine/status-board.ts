/** What the machine tells about itself. Everything is kept until it changes: clients ask often. */
import { formatModel } from "../resource/model.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { ResourceStatus, Route } from "./machine-status.js";
import type { ModuleTable } from "./module-table.js";
import type { ResourceNode } from "./resource-node.js";
import type { ResourceTable } from "./resource-table.js";

export interface StatusBoardOptions {
  readonly resources: ResourceTable;
  readonly modules: ModuleTable;
  /** gRPC service of an API that Pinion knows. */
  readonly knownService: (api: string) => string | undefined;
}

/** An API behind a gRPC service, and those of its resources that were called, by simple name. */
interface ServedApi {
  readonly api: string;
  readonly called: Map<string, ResourceNode>;
}

const UNKNOWN_SERVICE: Route = { kind: "unknown-service" };

export class StatusBoard {
  readonly #options: StatusBoardOptions;
  #ordered: readonly ResourceNode[] | undefined;
  #resources: readonly ResourceStatus[] | undefined;
  #ready: readonly ResourceName[] | undefined;
  #services: ReadonlyMap<string, string> | undefined;
  #apisByService: ReadonlyMap<string, readonly ServedApi[]> | undefined;

  constructor(options: StatusBoardOptions) {
    this.#options = options;
  }

  /** Something about a resource changed. */
  forgetResources(): void {
    this.#resources = undefined;
    this.#ready = undefined;
  }

  /** Resources came or went, or modules offer something else. */
  forgetAll(): void {
    this.forgetResources();
    this.#ordered = undefined;
    this.#services = undefined;
    this.#apisByService = undefined;
  }

  resources(): readonly ResourceStatus[] {
    this.#resources ??= this.#inOrder().map((node) => {
      node.statusCache ??= statusOf(node, this.#options.modules);
      return node.statusCache;
    });
    return this.#resources;
  }

  readyResources(): readonly ResourceName[] {
    this.#ready ??= this.#inOrder()
      .filter((node) => isUsable(node) && !node.api.startsWith("rdk-internal:"))
      .map(({ name }) => name);
    return this.#ready;
  }

  services(): ReadonlyMap<string, string> {
    this.#services ??= this.#collectServices();
    return this.#services;
  }

  hasService(service: string): boolean {
    return this.#apisOf(service) !== undefined;
  }

  route(service: string, name: string): Route {
    const apis = this.#apisOf(service);
    if (apis === undefined) return UNKNOWN_SERVICE;
    for (const { api, called } of apis) {
      const known = called.get(name);
      if (known !== undefined) return this.#routeTo(known);
      // A full name put together from an API that was checked; it is only looked up.
      const node = this.#options.resources.get(`${api}/${name}` as ResourceName);
      if (node === undefined) continue;
      called.set(name, node);
      return this.#routeTo(node);
    }
    return { kind: "unknown-resource", message: this.#unknownText(apis[0]?.api ?? "", name) };
  }

  #apisOf(service: string): readonly ServedApi[] | undefined {
    this.#apisByService ??= invert(this.services());
    return this.#apisByService.get(service);
  }

  #routeTo(node: ResourceNode): Route {
    const { instance, state } = node;
    if (instance !== undefined && node.call?.kind !== "remove") return instance.route;
    const start = `resource ${node.name} not available`;
    const choice = node.config === undefined ? undefined : this.#options.modules.choose(node.pair, undefined);
    const owners = choice?.kind === "coming" ? choice.modules : choice?.kind === "none" ? choice.offering : [];
    const [owner] = owners;
    if (owner !== undefined) {
      return { kind: "unavailable", message: `${start}: module "${owner.name}" is not ready: ${owner.cause}`, isModuleDown: true };
    }
    const reason = state.kind === "unhealthy" ? state.error : REASONS[state.kind];
    return { kind: "unavailable", message: `${start}; reason=${reason}`, isModuleDown: false };
  }

  #unknownText(api: string, name: string): string {
    const found = [...this.#options.resources.names.find(name)].filter((other) => !other.startsWith(`${api}/`));
    const hint = found.length === 0 ? "" : `; that name belongs to ${found.join(", ")}`;
    return `no node found with api ${api} and name ${name}${hint}`;
  }

  #inOrder(): readonly ResourceNode[] {
    this.#ordered ??= [...this.#options.resources.nodes.values()].toSorted((a, b) => a.order - b.order);
    return this.#ordered;
  }

  #collectServices(): ReadonlyMap<string, string> {
    const { resources, modules, knownService } = this.#options;
    const services = new Map<string, string>();
    for (const module of modules.all()) {
      for (const { api, service } of module.handlers) if (!services.has(api)) services.set(api, knownService(api) ?? service);
    }
    for (const { api } of resources.nodes.values()) {
      if (services.has(api)) continue;
      const service = knownService(api);
      if (service !== undefined) services.set(api, service);
    }
    return services;
  }
}

const REASONS: Readonly<Record<Exclude<ResourceNode["state"]["kind"], "unhealthy">, string>> = {
  unconfigured: "it is not built yet",
  configuring: "it is being built",
  ready: "it is being rebuilt",
  removing: "it is being removed",
};

function isUsable(node: ResourceNode): boolean {
  return node.instance !== undefined && node.call?.kind !== "remove";
}

function statusOf(node: ResourceNode, modules: ModuleTable): ResourceStatus {
  const { name, state, since, revision, config, instance } = node;
  const notice = state.kind === "ready" && state.notice !== undefined ? state.notice : config === undefined ? undefined : node.invalid;
  const choice = instance === undefined && config !== undefined ? modules.choose(node.pair, undefined) : undefined;
  const module = instance?.run.module ?? moduleOf(choice);
  return {
    name,
    state: state.kind,
    since,
    revision,
    ...(state.kind === "unhealthy" && { error: state.error }),
    ...(notice !== undefined && { notice }),
    ...(config !== undefined && { model: formatModel(config.model) }),
    ...(module !== undefined && { module }),
    dependencies: node.required.map((dependency) => dependency.name),
    optionalDependencies: node.optional.map((dependency) => dependency.name),
    waitsFor: "waitsFor" in state ? state.waitsFor : [],
  };
}

function moduleOf(choice: ReturnType<ModuleTable["choose"]> | undefined): string | undefined {
  if (choice?.kind === "ready") return choice.run.module;
  return choice?.kind === "none" ? choice.offering[0]?.name : undefined;
}

function invert(services: ReadonlyMap<string, string>): ReadonlyMap<string, readonly ServedApi[]> {
  const inverted = new Map<string, ServedApi[]>();
  for (const [api, service] of services) {
    const served: ServedApi = { api, called: new Map() };
    const known = inverted.get(service);
    if (known === undefined) inverted.set(service, [served]);
    else known.push(served);
  }
  return inverted;
}
