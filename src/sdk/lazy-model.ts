/** A model whose code and schema load when the first resource of it is checked or made: a module with many models costs what a machine uses of it. */
import type { Lifecycle } from "./lifecycle.js";
import { defineModel, type ModelDefinition, type ValidateOutcome } from "./model.js";
import type { Resource } from "./resource.js";
import type { ResourceApi } from "./resource-api.js";
import type { ResourceConfig, ResourceContext } from "./resource-context.js";
import type { StandardSchema } from "./standard-schema.js";

export interface ModelCode<T extends Resource, A> {
  /** Left out: attributes come unchecked. */
  readonly schema?: StandardSchema<unknown, A>;
  readonly validate?: (attributes: A, config: ResourceConfig) => ValidateOutcome | Promise<ValidateOutcome>;
  readonly create: (context: ResourceContext<A>) => (T & Lifecycle<A>) | Promise<T & Lifecycle<A>>;
}

/**
 * @example
 * defineLazyModel(sensor, "acme:demo:thermo", () => import("./thermo.js"));
 */
export function defineLazyModel<T extends Resource, A>(
  api: ResourceApi<T>,
  model: string,
  load: () => Promise<ModelCode<T, A>>,
): ModelDefinition {
  const attributes: StandardSchema<unknown, A> = {
    "~standard": {
      version: 1,
      vendor: "pinion",
      // Without a schema nothing reads the attributes, so that any type will do.
      validate: async (value) => (await load()).schema?.["~standard"].validate(value) ?? { value: value as A },
    },
  };
  return defineModel<T, StandardSchema<unknown, A>>({
    api,
    model,
    attributes,
    validate: async (checked, config) => await (await load()).validate?.(checked, config),
    create: async (context) => await (await load()).create(context),
  });
}
