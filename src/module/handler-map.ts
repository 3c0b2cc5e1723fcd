/** What a module says it serves, checked. */
import { PinionError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { HandlerDefinition, HandlerMap } from "../proto/gen/viam/module/v1/module.js";
import { formatApi, parseApi } from "../resource/api.js";
import { formatModel, parseModel } from "../resource/model.js";
import type { Handler } from "./module-host.js";

/** Throws MODULE_HANDSHAKE_FAILED for a model that is none; APIs of unknown kinds are left out with a line in the log. */
export function parseHandlerMap(module: string, map: HandlerMap | undefined, logger: Logger): readonly Handler[] {
  const handlers = new Map<string, { readonly service: string; readonly models: Set<string> }>();
  for (const definition of map?.handlers ?? []) {
    const api = apiOf(definition);
    const service = definition.subtype?.protoService ?? "";
    const problem = apiProblem(api) ?? (service === "" ? "it comes without the name of a gRPC service" : undefined);
    if (problem !== undefined) {
      logger.warn({ module, api, problem }, "API of a module ignored");
      continue;
    }
    const models = definition.models.map((model) => checkedModel(module, api, model));
    const known = handlers.get(api);
    if (known === undefined) handlers.set(api, { service, models: new Set(models) });
    else for (const model of models) known.models.add(model);
  }
  return [...handlers].map(([api, { service, models }]) => ({ api, service, models: [...models] }));
}

function apiOf(definition: HandlerDefinition): string {
  const { namespace = "", type = "", subtype = "" } = definition.subtype?.subtype ?? {};
  return formatApi({ namespace, type, subtype });
}

function apiProblem(text: string): string | undefined {
  const api = parseApi(text);
  if (api === undefined) return "expected namespace:type:subtype of letters, digits, - and _";
  if (api.type === "component" || api.type === "service") return undefined;
  return `expected the type "component" or "service", got "${api.type}"`;
}

function checkedModel(module: string, api: string, text: string): string {
  const model = parseModel(text);
  if (model !== undefined) return formatModel(model);
  throw new PinionError(
    "MODULE_HANDSHAKE_FAILED",
    `module "${module}" offers the model "${text}" for ${api}: expected namespace:family:name of letters, digits, - and _`,
  );
}
