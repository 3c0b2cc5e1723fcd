/** Generic component and generic service on the wire. */
import { GenericServiceDefinition as ComponentDefinition } from "../../proto/gen/viam/component/generic/v1/generic.js";
import { GenericServiceDefinition as ServiceDefinition } from "../../proto/gen/viam/service/generic/v1/generic.js";
import type { GenericComponent, GenericService } from "../apis/generic.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { commonClient, commonDefaults, commonHandlers } from "./common.js";

export const genericComponentAdapter: ApiAdapter<GenericComponent> = createAdapter<GenericComponent, ComponentDefinition>({
  definition: ComponentDefinition,
  defaults: () => commonDefaults("generic component"),
  handlers: (find) => commonHandlers(find),
  client: (rpc, name) => commonClient(rpc, name),
});

export const genericServiceAdapter: ApiAdapter<GenericService> = createAdapter<GenericService, ServiceDefinition>({
  definition: ServiceDefinition,
  defaults: () => commonDefaults("generic service"),
  handlers: (find) => {
    const { doCommand, getStatus } = commonHandlers(find);
    return { doCommand, getStatus };
  },
  client: (rpc, name) => commonClient(rpc, name),
});
