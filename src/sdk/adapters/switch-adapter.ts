/** Switch on the wire. */
import { SwitchServiceDefinition } from "../../proto/gen/viam/component/switch/v1/switch.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { Switch } from "../apis/switch.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const switchAdapter: ApiAdapter<Switch> = createAdapter<Switch, SwitchServiceDefinition>({
  definition: SwitchServiceDefinition,
  defaults: () => commonDefaults("switch"),
  handlers: (find) => {
    const { doCommand, getStatus } = commonHandlers(find);
    return {
      doCommand,
      getStatus,
      setPosition: async ({ name, position, extra }, context) => {
        await find(name).setPosition(position, received(context, extra));
        return {};
      },
      getPosition: async ({ name, extra }, context) => ({ position: await find(name).getPosition(received(context, extra)) }),
      getNumberOfPositions: async ({ name, extra }, context) => {
        const { count, labels } = await find(name).getNumberOfPositions(received(context, extra));
        if (labels.length > 0 && labels.length !== count) {
          throw new RpcError(Status.INTERNAL, `switch ${name}: expected ${count} labels, got ${labels.length}`);
        }
        return { numberOfPositions: count, labels: [...labels] };
      },
    };
  },
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    setPosition: async (position, options) => void (await rpc.setPosition({ ...addressed(name, options), position }, sent(options))),
    getPosition: async (options) => (await rpc.getPosition(addressed(name, options), sent(options))).position,
    getNumberOfPositions: async (options) => {
      const answer = await rpc.getNumberOfPositions(addressed(name, options), sent(options));
      return { count: answer.numberOfPositions, labels: answer.labels };
    },
  }),
});
