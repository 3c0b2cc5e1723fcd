/** A model that is in a world, and loads when the first resource of it is checked or made. */
import {
  defineLazyModel,
  type Lifecycle,
  type ModelCode,
  type ModelDefinition,
  type Resource,
  type ResourceApi,
  type ResourceContext,
} from "pinion/sdk";
import type { World } from "./world.js";

interface ModelInWorld<T extends Resource, A> extends Omit<ModelCode<T, A>, "create"> {
  readonly create: (context: ResourceContext<A>, world: World) => T & Lifecycle<A>;
}

export function lazyModel<T extends Resource, A>(
  world: World,
  api: ResourceApi<T>,
  model: string,
  load: () => Promise<ModelInWorld<T, A>>,
): ModelDefinition {
  return defineLazyModel<T, A>(api, model, async () => {
    const { create, ...code } = await load();
    return { ...code, create: (context) => create(context, world) };
  });
}
