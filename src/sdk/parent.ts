/** The supervisor as the module sees it: called for logs and dependencies, connected at the first call. */
import { connect } from "node:net";
import type { Client } from "@grpc/grpc-js";
import { openChannel } from "../proto/channel.js";
import { createClient } from "../proto/client.js";
import { RobotServiceDefinition } from "../proto/gen/viam/robot/v1/robot.js";
import type { ServiceClient } from "../proto/service.js";
import { RpcError, Status } from "../proto/status-code.js";

const PROBE_TIMEOUT = 1000;

export class Parent {
  #address: string | undefined;
  #channel: Client | undefined;

  get address(): string | undefined {
    return this.#address;
  }

  /** The first address stays: a supervisor repeats its handshake until the module is ready. */
  setAddress(address: string): void {
    if (address !== "") this.#address ??= address;
  }

  /** The shared connection. Throws UNAVAILABLE before the handshake. */
  channel(): Client {
    if (this.#address === undefined) throw new RpcError(Status.UNAVAILABLE, "the supervisor has not said where it listens");
    this.#channel ??= openChannel(this.#address);
    return this.#channel;
  }

  /** RobotService of the machine. */
  robot(): ServiceClient<RobotServiceDefinition> {
    return createClient(RobotServiceDefinition, this.channel());
  }

  /** Whether somebody accepts connections there now. True while no address is known. */
  isReachable(): Promise<boolean> {
    const address = this.#address;
    if (address === undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const port = /^(.*):(\d+)$/.exec(address);
      const socket = port === null ? connect(address) : connect(Number(port[2]), port[1]);
      const settle = (isReachable: boolean): void => {
        socket.destroy();
        resolve(isReachable);
      };
      socket.setTimeout(PROBE_TIMEOUT, () => settle(false));
      socket.once("connect", () => settle(true));
      socket.once("error", () => settle(false));
    });
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
