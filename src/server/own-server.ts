/**
 * The gRPC server that answers what the supervisor answers itself. It listens on a private unix socket that only the router
 * knows; who calls is told by headers the router sets. Everything here is loaded at the first such call.
 */

import { chmodSync } from "node:fs";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { PinionError } from "../base/errors.js";
import { createServer } from "../proto/channel.js";
import type { DescriptorIndex } from "../proto/descriptor-index.js";
import { ServerReflectionDefinition as ReflectionV1 } from "../proto/gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionDefinition as ReflectionV1Alpha } from "../proto/gen/grpc/reflection/v1alpha/reflection.js";
import { AccessServiceDefinition } from "../proto/gen/pinion/control/v1/access.js";
import { ControlServiceDefinition } from "../proto/gen/pinion/control/v1/control.js";
import { AuthServiceDefinition } from "../proto/gen/proto/rpc/v1/auth.js";
import { RobotServiceDefinition } from "../proto/gen/viam/robot/v1/robot.js";
import { addService } from "../proto/serve.js";
import type { Authenticator } from "./auth/authenticator.js";
import { authHandlers } from "./auth-service.js";
import { identify } from "./call-identity.js";
import type { ModuleDescriptors } from "./module-descriptors.js";
import { type ReflectionOptions, reflect } from "./reflection-service.js";
import { type RobotServiceOptions, robotHandlers } from "./robot/robot-service.js";
import { toServerError } from "./rpc-error.js";

export interface OwnServerOptions extends RobotServiceOptions {
  readonly path: string;
  readonly descriptors: ModuleDescriptors;
  readonly authenticator: Authenticator;
  /** Loaded at the first question. */
  readonly ownDescriptors: () => Promise<DescriptorIndex>;
}

export interface OwnServer {
  close(): void;
}

/** Resolves when the server listens on `path`. */
export async function startOwnServer(options: OwnServerOptions): Promise<OwnServer> {
  const server = createServer();
  addService(server, RobotServiceDefinition, robotHandlers(options), toServerError);
  addService(server, AuthServiceDefinition, authHandlers(options.authenticator), toServerError);
  if (options.ports.accessService !== undefined) addService(server, AccessServiceDefinition, options.ports.accessService, toServerError);
  addService(server, ControlServiceDefinition, options.ports.control, toServerError);
  const reflection: ReflectionOptions = { view: options.view, modules: options.descriptors, own: options.ownDescriptors };
  addService(server, ReflectionV1, {
    serverReflectionInfo: (requests, context) => reflect(requests, identify(context).caller, reflection),
  });
  addService(server, ReflectionV1Alpha, {
    serverReflectionInfo: (requests, context) => reflect(requests, identify(context).caller, reflection),
  });
  await bind(server, options.path);
  return { close: () => server.forceShutdown() };
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
      if (error !== null) {
        reject(new PinionError("LISTEN_FAILED", `cannot listen on ${path}: ${error.message}`, { cause: error }));
        return;
      }
      chmodSync(path, 0o600);
      resolve();
    });
  });
}
