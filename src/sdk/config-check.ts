/** From the config on the wire to what models get: parsing, the model's schema, dependency names. */
import type { ComponentConfig } from "../proto/gen/viam/app/v1/robot.js";
import { RpcError, Status } from "../proto/status-code.js";
import type { DependencyNames, ModelDefinition } from "./model.js";
import type { ResourceConfig } from "./resource-context.js";
import { formatIssue } from "./standard-schema.js";

/** Throws INVALID_ARGUMENT where the message has no config. */
export function parseConfig(config: ComponentConfig | undefined): ResourceConfig {
  if (config === undefined) throw new RpcError(Status.INVALID_ARGUMENT, "config: expected a resource's config, got none");
  return {
    name: config.name,
    // Hosts from before `api` filled namespace and subtype only, for components.
    api: config.api !== "" ? config.api : `${config.namespace}:component:${config.type}`,
    model: config.model,
    attributes: config.attributes ?? {},
    dependsOn: config.dependsOn,
    frame: config.frame,
    associated: config.serviceConfigs.map(({ type, attributes }) => ({ api: type, attributes: attributes ?? {} })),
  };
}

/** What the model's schema makes of the attributes. Throws INVALID_ARGUMENT with every problem and its path. */
export async function checkAttributes(model: ModelDefinition, config: ResourceConfig): Promise<unknown> {
  if (model.attributes === undefined) return config.attributes;
  const result = await model.attributes["~standard"].validate(config.attributes);
  if (result.issues === undefined) return result.value;
  const problems = result.issues.map((issue) => formatIssue(issue, "attributes"));
  throw new RpcError(Status.INVALID_ARGUMENT, `${config.api}/${config.name}: ${problems.join("; ")}`);
}

/** The dependencies the model asks for. What its `validate` throws becomes INVALID_ARGUMENT unless it has a status of its own. */
export async function checkConfig(model: ModelDefinition, config: ResourceConfig): Promise<DependencyNames> {
  const attributes = await checkAttributes(model, config);
  try {
    return await model.validate(attributes, config);
  } catch (error) {
    if (error instanceof RpcError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new RpcError(Status.INVALID_ARGUMENT, `${config.api}/${config.name}: ${text}`, { cause: error });
  }
}
