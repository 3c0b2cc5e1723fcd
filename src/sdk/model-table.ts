/** The models a module serves, by API and model triplet. */
import type { HandlerMap } from "../proto/gen/viam/module/v1/module.js";
import { RpcError, Status } from "../proto/status-code.js";
import type { ModelDefinition } from "./model.js";
import type { ApiAdapter, ResourceApi } from "./resource-api.js";
import type { ResourceConfig } from "./resource-context.js";

export class ModelTable {
  readonly #models = new Map<string, ModelDefinition>();
  readonly #apis = new Map<string, ResourceApi<object>>();
  readonly #adapters = new Map<string, ApiAdapter<object>>();

  /** `apis`: custom ones that are only called, not served. Throws when a pair of API and model comes twice. */
  constructor(models: readonly ModelDefinition[], apis: readonly ResourceApi<object>[] = []) {
    for (const api of apis) this.#apis.set(api.triplet, api);
    for (const model of models) {
      const key = keyOf(model.api.triplet, model.model);
      if (this.#models.has(key)) throw new TypeError(`models: ${model.model} comes twice for ${model.api.triplet}`);
      this.#models.set(key, model);
      this.#apis.set(model.api.triplet, model.api);
    }
  }

  /** APIs with at least one model, each once. */
  get served(): readonly ResourceApi<object>[] {
    return [...new Map([...this.#models.values()].map(({ api }) => [api.triplet, api])).values()];
  }

  /** Throws NOT_FOUND for a model this module does not have. */
  model(config: ResourceConfig): ModelDefinition {
    const model = this.#models.get(keyOf(config.api, config.model));
    if (model !== undefined) return model;
    const known = [...this.#models.values()].map(({ api, model: name }) => `${name} (${api.triplet})`);
    throw new RpcError(Status.NOT_FOUND, `no model ${config.model} for ${config.api}; this module has ${known.join(", ")}`);
  }

  /** The adapter of an API, loaded once; undefined for one this module knows nothing of. */
  async adapter(triplet: string): Promise<ApiAdapter<object> | undefined> {
    const known = this.#adapters.get(triplet);
    if (known !== undefined) return known;
    const api = this.#apis.get(triplet) ?? (await standardApi(triplet));
    const adapter = await api?.load();
    if (adapter !== undefined) this.#adapters.set(triplet, adapter);
    return adapter;
  }

  /** Adapters of all APIs among these full names. */
  async adaptersOf(names: readonly string[]): Promise<ReadonlyMap<string, ApiAdapter<object>>> {
    const triplets = new Set(names.map((name) => name.slice(0, name.indexOf("/"))));
    const adapters = new Map<string, ApiAdapter<object>>();
    for (const triplet of triplets) {
      const adapter = await this.adapter(triplet);
      if (adapter !== undefined) adapters.set(triplet, adapter);
    }
    return adapters;
  }

  /** For the handshake: each API once. */
  handlerMap(): HandlerMap {
    return {
      handlers: this.served.map((api) => {
        const [namespace = "", type = "", subtype = ""] = api.triplet.split(":");
        return {
          subtype: { subtype: { namespace, type, subtype, name: "", remotePath: [], localName: "" }, protoService: api.service },
          models: [...this.#models.values()].filter((model) => model.api.triplet === api.triplet).map(({ model }) => model),
        };
      }),
    };
  }
}

function keyOf(api: string, model: string): string {
  return `${api} ${model}`;
}

async function standardApi(triplet: string): Promise<ResourceApi<object> | undefined> {
  const { standardApis } = await import("./standard-apis.js");
  return standardApis().get(triplet);
}
