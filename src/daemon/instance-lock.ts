/** One supervisor for each home: a second one would fight over the modules' data and the database. */
import net from "node:net";
import { PinionError } from "../base/errors.js";

/** Fails when something answers on the control socket. A socket that a dead supervisor left does not. */
export async function assertNoOtherSupervisor(controlSocket: string): Promise<void> {
  if (await canConnect(controlSocket)) {
    throw new PinionError(
      "LISTEN_FAILED",
      `another pinion already runs on ${controlSocket}: stop it first, or give this one a home of its own with --home DIR or VIAM_HOME`,
    );
  }
}

function canConnect(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1000, () => end(true)); // accepts but is stuck: still another supervisor
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
