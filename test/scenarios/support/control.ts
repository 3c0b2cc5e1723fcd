/** The control socket of a real daemon, and what its journal and events say. */
import path from "node:path";
import { openChannel } from "../../../src/proto/channel.js";
import { createClient } from "../../../src/proto/client.js";
import { type ConfigEntry, ControlServiceDefinition, type Event } from "../../../src/proto/gen/pinion/control/v1/control.js";
import type { ServiceClient } from "../../../src/proto/service.js";
import type { Cleanup, Daemon } from "../../support/start-daemon.js";

export interface Control extends ServiceClient<typeof ControlServiceDefinition> {
  events(): Promise<readonly Event[]>;
  kinds(): Promise<readonly string[]>;
  history(): Promise<readonly ConfigEntry[]>;
}

export function controlOf(t: Cleanup, { home }: Daemon): Control {
  const channel = openChannel(path.join(home, "pinion.sock"));
  t.after(() => channel.close());
  const client = createClient(ControlServiceDefinition, channel);
  const events = async (): Promise<readonly Event[]> => {
    const request = { follow: false, module: "", resource: "", sinceUnixMs: 0n, agoMs: 0n, limit: 0 };
    const found: Event[] = [];
    for await (const event of client.streamEvents(request, { timeout: 10_000 })) found.push(event);
    return found;
  };
  return {
    ...client,
    events,
    kinds: async () => (await events()).map(({ kind }) => kind),
    history: async () => (await client.listConfigs({}, { timeout: 10_000 })).entries,
  };
}
