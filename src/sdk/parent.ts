/** The supervisor as the module sees it: called for logs and dependencies, connected at the first call. */
import { systemClock, type Timer } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";
import { RobotServiceDefinition } from "../proto/gen/viam/robot/v1/robot.js";
import type { ServiceClient } from "../proto/service.js";
import { RpcError, Status } from "../proto/status-code.js";
import { createClient } from "./grpc/create-client.js";
import { GrpcChannel, openSocket } from "./grpc/grpc-channel.js";

const PROBE_TIMEOUT = 1000;

export class Parent {
  #address: string | undefined;
  #channel: GrpcChannel | undefined;

  get address(): string | undefined {
    return this.#address;
  }

  /** The first address stays: a supervisor repeats its handshake until the module is ready. */
  setAddress(address: string): void {
    if (address !== "") this.#address ??= address;
  }

  /** The shared connection. Throws UNAVAILABLE before the handshake. */
  channel(): GrpcChannel {
    if (this.#address === undefined) throw new RpcError(Status.UNAVAILABLE, "the supervisor has not said where it listens");
    this.#channel ??= new GrpcChannel(this.#address);
    return this.#channel;
  }

  /** RobotService of the machine. */
  robot(): ServiceClient<RobotServiceDefinition> {
    return createClient(RobotServiceDefinition, this.channel());
  }

  /**
   * Whether somebody accepts connections there now, and keeps them for a while: a process that ends closes its listener a moment after
   * its connections. True while no address is known.
   */
  isReachable(keepsFor: Millis = millis(0)): Promise<boolean> {
    const address = this.#address;
    if (address === undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const socket = openSocket(address);
      let patience: Timer | undefined;
      const settle = (isReachable: boolean): void => {
        patience?.cancel();
        socket.destroy();
        resolve(isReachable);
      };
      socket.setTimeout(PROBE_TIMEOUT, () => settle(false));
      socket.once("connect", () => {
        socket.setTimeout(0);
        if (keepsFor === 0) settle(true);
        else patience = systemClock.after(keepsFor, () => settle(true));
      });
      socket.on("error", () => settle(false));
      socket.once("close", () => settle(false));
      socket.resume();
    });
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
