/** All modules the machine deals with: who serves which model, and which modules are wanted. Performs nothing. */
import type { ModuleConfig } from "../config/machine-config.js";
import { HostedModule } from "./hosted-module.js";
import type { ModuleRun } from "./module-run.js";

/** Finds modules that ship with Pinion. */
export interface ModuleCatalogue {
  /** `api` and `model` are triplets. */
  moduleFor(api: string, model: string): ModuleConfig | undefined;
}

/** Where a resource is to be built. */
export type Choice =
  | { readonly kind: "ready"; readonly run: ModuleRun }
  /** One that offers its model, or may offer it, will soon be ready. */
  | { readonly kind: "coming"; readonly modules: readonly HostedModule[] }
  /** `offering`: those that have its model but are down; `unready`: those that might have it. */
  | { readonly kind: "none"; readonly offering: readonly HostedModule[]; readonly unready: readonly HostedModule[] };

export class ModuleTable {
  readonly #modules = new Map<string, HostedModule>();
  #wanted: ReadonlyMap<string, ModuleConfig> = new Map();
  #providers: Map<string, HostedModule[]> | undefined;
  /** What the catalogue says of modules that were never ready: module by pair. */
  #promises = new Map<string, string>();
  /** A module of the config that was never ready may have what the catalogue has too: which it is shows with its next step. */
  isUndecided = false;

  /** The module of that name, made if need be. */
  get(name: string): HostedModule {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const module = new HostedModule(name);
    this.#modules.set(name, module);
    return module;
  }

  all(): Iterable<HostedModule> {
    return this.#modules.values();
  }

  /** Makes these the wanted modules; their order is their rank. */
  want(wanted: ReadonlyMap<string, ModuleConfig>): void {
    this.#wanted = wanted;
    for (const module of this.#modules.values()) module.config = undefined;
    for (const [name, config] of wanted) this.get(name).config = config;
    for (const [name, module] of this.#modules) {
      if (module.isSettled && module.config === undefined && module.run === undefined) this.#modules.delete(name);
    }
    this.forgetProviders();
  }

  /** To be called when a module's handlers changed. */
  forgetProviders(): void {
    this.#providers = undefined;
  }

  /** Whether resources of this pair may be served by the module: it offers it, or nobody is known to. */
  concerns(module: HostedModule, pair: string): boolean {
    if (module.pairs.has(pair)) return true;
    const providers = this.#providersOf(pair);
    return providers.length === 0 || providers.includes(module);
  }

  /** Where a resource of this pair belongs. `holder`: the process that runs it now. */
  choose(pair: string, holder: ModuleRun | undefined): Choice {
    const coming: HostedModule[] = [];
    const offering: HostedModule[] = [];
    for (const module of this.#providersOf(pair)) {
      const { condition, run } = module;
      if (condition === "ready" && run !== undefined) {
        // A better one that will be back at once is worth waiting for, unless the resource runs here already.
        return coming.length === 0 || holder === run ? { kind: "ready", run } : { kind: "coming", modules: coming };
      }
      if (condition === "coming") coming.push(module);
      else offering.push(module);
    }
    if (coming.length > 0) return { kind: "coming", modules: coming };
    const unready = this.#unready();
    const hopes = offering.length > 0 ? [] : unready.filter((module) => module.condition === "coming");
    return hopes.length > 0 ? { kind: "coming", modules: hopes } : { kind: "none", offering, unready };
  }

  /** The modules to run: those of the config, and those of the catalogue whose models are used and that no module of the config offers. */
  plan(configured: ReadonlyMap<string, ModuleConfig>, usedPairs: Iterable<string>, catalogue: ModuleCatalogue): Map<string, ModuleConfig> {
    const wanted = new Map(configured);
    const promises = new Map<string, string>();
    const offered = [...configured.keys()].flatMap((name) => this.#modules.get(name)?.pairs ?? []);
    this.isUndecided = false;
    for (const pair of usedPairs) {
      if (offered.some((pairs) => pairs.has(pair))) continue;
      const [api = "", model = ""] = pair.split(" ");
      // Before the catalogue, which a machine with modules of its own need not read then.
      if (this.#mayComeFrom(configured, model)) {
        this.isUndecided = true;
        continue;
      }
      const config = catalogue.moduleFor(api, model);
      if (config === undefined || configured.has(config.name)) continue;
      wanted.set(config.name, config);
      promises.set(pair, config.name);
    }
    this.#promises = promises;
    this.forgetProviders();
    // One that is no longer needed goes when what it runs has moved.
    for (const { name, config, run } of this.#modules.values()) {
      if (config?.isBuiltin === true && !wanted.has(name) && run !== undefined && holdsAnything(run)) wanted.set(name, config);
    }
    return wanted;
  }

  /** What modules of the catalogue do in place of the module with this id, for people; undefined when they do nothing for it. */
  standInFor(moduleId: string): string | undefined {
    const found = [...this.#promises].filter(([pair]) => pair.split(" ")[1]?.startsWith(`${moduleId}:`));
    const [first] = found;
    if (first === undefined) return undefined;
    const models = [...new Set(found.map(([pair]) => pair.split(" ")[1]))].join(", ");
    const modules = [...new Set(found.map(([, module]) => module))].join(", ");
    return `until it runs, ${models} ${found.length === 1 ? "is" : "are"} served by ${modules}, which ships with Pinion`;
  }

  /** Whether a module of the config that is starting for the first time may have a model that is not of Pinion's own name spaces. */
  #mayComeFrom(configured: ReadonlyMap<string, ModuleConfig>, model: string): boolean {
    const [namespace = "", family = ""] = model.split(":");
    if (namespace === "rdk" || namespace === "pinion") return false;
    return [...configured.values()].some(({ name, moduleId }) => {
      if (moduleId !== undefined && moduleId !== `${namespace}:${family}`) return false;
      const module = this.#modules.get(name);
      if (module?.config === undefined) return true;
      // One that failed before is not waited for again at each of its attempts.
      return module.handlers.length === 0 && module.condition === "coming" && (module.status?.consecutiveFailures ?? 0) === 0;
    });
  }

  #providersOf(pair: string): readonly HostedModule[] {
    this.#providers ??= this.#collectProviders();
    return this.#providers.get(pair) ?? [];
  }

  #collectProviders(): Map<string, HostedModule[]> {
    const providers = new Map<string, HostedModule[]>();
    const add = (pair: string, module: HostedModule): void => {
      const known = providers.get(pair);
      if (known === undefined) providers.set(pair, [module]);
      else known.push(module);
    };
    for (const name of this.#wanted.keys()) for (const pair of this.get(name).pairs) add(pair, this.get(name));
    for (const [pair, name] of this.#promises) {
      const module = this.#modules.get(name);
      if (module?.handlers.length === 0) add(pair, module);
    }
    return providers;
  }

  #unready(): readonly HostedModule[] {
    return [...this.#wanted.keys()].map((name) => this.get(name)).filter((module) => module.condition !== "ready");
  }
}

function holdsAnything(run: ModuleRun): boolean {
  for (const node of run.nodes) if (node.instance?.run === run) return true;
  return false;
}
