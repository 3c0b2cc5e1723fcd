/** A model: how resources of one kind are checked and made. */

import type { HardwareNeeds } from "../resource/hardware-needs.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Resource, Values } from "./resource.js";
import type { ResourceApi } from "./resource-api.js";
import type { ResourceConfig, ResourceContext } from "./resource-context.js";
import type { SchemaOutput, StandardSchema } from "./standard-schema.js";

/** Names of resources, simple (`left`) or full (`rdk:component:motor/left`). */
export interface DependencyNames {
  /** What of the machine's hardware the resource takes, and what makes it safe when the module dies. Supervisors that know no leases ignore it. */
  readonly hardware?: HardwareNeeds | undefined;
  /** The resource is created after these are ready, and waits while one is not. */
  readonly required?: readonly string[] | undefined;
  /** The resource is created without those that are missing, and again when they come. */
  readonly optional?: readonly string[] | undefined;
}

/** Nothing stands for no dependencies. */
// biome-ignore lint/suspicious/noConfusingVoidType: a validate that only throws has this type
export type ValidateOutcome = DependencyNames | undefined | void;

type AttributesOf<S> = S extends StandardSchema ? SchemaOutput<S> : Values;

export interface ModelOptions<T extends Resource, S extends StandardSchema | undefined> {
  readonly api: ResourceApi<T>;
  /** `namespace:family:name` */
  readonly model: string;
  /** Any Standard Schema (valibot, zod, arktype). Left out: attributes come unchecked. */
  readonly attributes?: S;
  /** Names the dependencies; throws what is wrong beyond the schema. Must be quick: it runs before every build. */
  validate?(attributes: AttributesOf<S>, config: ResourceConfig): ValidateOutcome | Promise<ValidateOutcome>;
  /** Makes a resource. An error fails the build; the supervisor tries again. */
  create(context: ResourceContext<AttributesOf<S>>): (T & Lifecycle<AttributesOf<S>>) | Promise<T & Lifecycle<AttributesOf<S>>>;
}

declare const attributesOfModel: unique symbol;

/** A model ready to be served. Made by `defineModel`. */
export interface ModelDefinition {
  readonly api: ResourceApi<object>;
  readonly model: string;
  readonly attributes: StandardSchema | undefined;
  validate(attributes: unknown, config: ResourceConfig): Promise<DependencyNames>;
  create(context: ResourceContext<unknown>): Promise<object & Lifecycle<unknown>>;
  readonly [attributesOfModel]?: never;
}

/**
 * Describes a model with all its types checked.
 *
 * @example
 * const thermo = defineModel({
 *   api: sensor,
 *   model: "acme:demo:thermo",
 *   attributes: v.object({ offset: v.optional(v.number(), 0) }),
 *   create: ({ attributes }) => ({ getReadings: async () => ({ celsius: 20 + attributes.offset }) }),
 * });
 */
export function defineModel<T extends Resource, S extends StandardSchema | undefined = undefined>(
  options: ModelOptions<T, S>,
): ModelDefinition {
  if (!/^[\w-]+:[\w-]+:[\w-]+$/.test(options.model)) {
    throw new TypeError(`model: expected namespace:family:name, got "${options.model}"`);
  }
  return {
    // Erased here, checked above: the module hands each model only what its own schema made, and each API only its own resources.
    api: options.api as unknown as ResourceApi<object>,
    model: options.model,
    attributes: options.attributes,
    validate: async (attributes, config) => (await options.validate?.(attributes as AttributesOf<S>, config)) ?? {},
    create: async (context) => (await options.create(context as ResourceContext<AttributesOf<S>>)) as object & Lifecycle<unknown>,
  };
}
