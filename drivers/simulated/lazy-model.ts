/** A model whose code and schema load when the first resource of it is checked or made: a machine pays for what it uses. */
import {
  type DependencyNames,
  defineModel,
  type Lifecycle,
  type ModelDefinition,
  type Resource,
  type ResourceApi,
  type ResourceConfig,
  type ResourceContext,
  type StandardSchema,
} from "pinion/sdk";
import type { World } from "./world.js";

export interface ModelCode<T extends Resource, A> {
  /** Left out: the model has no attributes. */
  readonly schema?: StandardSchema<unknown, A>;
  readonly validate?: (attributes: A, config: ResourceConfig) => DependencyNames;
  readonly create: (context: ResourceContext<A>, world: World) => T & Lifecycle<A>;
}

export function lazyModel<T extends Resource, A>(
  world: World,
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
    validate: async (checked, config) => (await load()).validate?.(checked, config),
    create: async (context) => (await load()).create(context, world),
  });
}
