/** A machine with a sensor and a motor for clients that come over the web, without keys or with one. */
import type { TestContext } from "node:test";
import { openChannel } from "../../../src/proto/channel.js";
import { createClient } from "../../../src/proto/client.js";
import { AccessServiceDefinition } from "../../../src/proto/gen/pinion/control/v1/access.js";
import { type Daemon, startDaemon } from "../../support/start-daemon.js";

export interface ApiKey {
  readonly id: string;
  readonly secret: string;
}

export async function startWebMachine(t: TestContext): Promise<Daemon> {
  const daemon = await startDaemon(t, {
    config: {
      components: [
        { name: "thermo", api: "rdk:component:sensor", model: "pinion:simulated:sensor" },
        { name: "wheel", api: "rdk:component:motor", model: "pinion:simulated:motor" },
      ],
    },
  });
  await daemon.untilReady(["thermo", "wheel"]);
  return daemon;
}

/** As `pinion auth key create` does. Until then clients need no key. */
export async function makeKey(daemon: Daemon, role: "operator" | "viewer"): Promise<ApiKey> {
  const channel = openChannel(`${daemon.home}/pinion.sock`);
  try {
    const { key, secret } = await createClient(AccessServiceDefinition, channel).createKey({ name: role, role }, { timeout: 10_000 });
    return { id: key?.id ?? "", secret };
  } finally {
    channel.close();
  }
}

export interface Target {
  readonly host: string;
  readonly sensor: string;
  readonly motor: string;
  readonly credentials?: { readonly type: "api-key"; readonly authEntity: string; readonly payload: string };
}

export function target(daemon: Daemon, scheme: "http" | "https", key?: ApiKey): Target {
  return {
    host: `${scheme}://localhost:${daemon.port}`,
    sensor: "thermo",
    motor: "wheel",
    ...(key === undefined ? {} : { credentials: { type: "api-key", authEntity: key.id, payload: key.secret } }),
  };
}

export const DRIVEN: Readonly<Record<string, unknown>> = {
  readings: true,
  on: [true, 0.5],
  off: [false, 0],
  missing: "no node found with api rdk:component:sensor and name nowhere",
  names: ["thermo", "wheel"],
};
