/** Button on the wire. */
import { ButtonServiceDefinition } from "../../proto/gen/viam/component/button/v1/button.js";
import type { Button } from "../apis/button.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const buttonAdapter: ApiAdapter<Button> = createAdapter<Button, ButtonServiceDefinition>({
  definition: ButtonServiceDefinition,
  defaults: () => commonDefaults("button"),
  handlers: (find) => {
    const { doCommand, getStatus } = commonHandlers(find);
    return {
      doCommand,
      getStatus,
      push: async ({ name, extra }, context) => {
        await find(name).push(received(context, extra));
        return {};
      },
    };
  },
  client: (rpc, name) => ({
    ...commonClient(rpc, name),
    push: async (options) => void (await rpc.push(addressed(name, options), sent(options))),
  }),
});
