/** A resource's config as the message modules get; components and services look alike there. */
import type { ResourceConfig } from "../config/machine-config.js";
import type { ComponentConfig } from "../proto/gen/viam/app/v1/robot.js";
import { formatModel } from "../resource/model.js";
import { apiOf, apiTextOf, simpleNameOf } from "../resource/resource-name.js";
import { toFrame } from "./frame-config.js";

export function toComponentConfig(config: ResourceConfig): ComponentConfig {
  const { name, model, attributes, dependsOn, frame, associatedConfigs, logLevel } = config;
  const api = apiOf(name);
  return {
    name: simpleNameOf(name),
    // These two are superseded by `api`, but older modules read them; `type` means the API's last part.
    namespace: api.namespace,
    type: api.subtype,
    api: apiTextOf(name),
    model: formatModel(model),
    attributes: { ...attributes },
    dependsOn: [...dependsOn],
    serviceConfigs: associatedConfigs.map((associated) => ({ type: associated.api, attributes: { ...associated.attributes } })),
    ...(frame === undefined ? {} : { frame: toFrame(frame) }),
    ...(logLevel === undefined ? {} : { logConfiguration: { level: logLevel } }),
  };
}
