/** The server of a fake machine, listening on a port of its own. */
import type { TestContext } from "node:test";
import { systemClock } from "../../../src/base/clock.js";
import { silentLogger } from "../../../src/base/logger.js";
import { millis } from "../../../src/base/millis.js";
import type { AccessPort } from "../../../src/server/auth/access-port.js";
import type { Caller } from "../../../src/server/caller.js";
import type { FramedResource } from "../../../src/server/frame/configured-frame.js";
import { createServer, type Server, type ServerOptions } from "../../../src/server/server.js";
import type { RemoteLogEntry, TunnelAllowance } from "../../../src/server/server-ports.js";
import { tempFolder } from "../../support/temp-folder.js";
import { FakeMachine } from "./fake-machine.js";
import { type RawHandler, type RawModule, startRawModuleAt } from "./raw-module.js";

export interface TestServer {
  readonly machine: FakeMachine;
  readonly server: Server;
  readonly folder: string;
  /** `ipv4:127.0.0.1:port` */
  readonly target: string;
  readonly port: number;
  readonly logged: { readonly entry: RemoteLogEntry; readonly caller: Caller }[];
  readonly shutdowns: string[];
  readonly frames: FramedResource[];
  readonly tunnels: TunnelAllowance[];
  window: number;
  /** A module with one API, and a resource of it named as the module. */
  module(name: string, handlers: Readonly<Record<string, RawHandler>>, api?: string, service?: string): Promise<RawModule>;
}

export const ECHO_API = "acme:component:echo";
export const ECHO_SERVICE = "acme.echo.v1.EchoService";

export interface TestServerOptions extends Partial<ServerOptions> {
  readonly access?: AccessPort;
}

export async function startServer(t: TestContext, { access, ...overrides }: TestServerOptions = {}): Promise<TestServer> {
  const folder = tempFolder(t);
  const machine = new FakeMachine();
  const state = { window: 2000 };
  const logged: TestServer["logged"] = [];
  const shutdowns: string[] = [];
  const frames: FramedResource[] = [];
  const tunnels: TunnelAllowance[] = [];
  const server = createServer({
    clock: systemClock,
    logger: silentLogger,
    view: machine,
    version: "1.2.3",
    socketFolder: folder,
    ports: {
      log: (entry, caller) => void logged.push({ entry, caller }),
      shutdown: () => void shutdowns.push("shutdown"),
      frames: () => frames,
      tunnels: () => tunnels,
      heartbeatWindow: () => millis(state.window),
      ...(access === undefined ? {} : { access }),
      control: {
        reload: () => ({ problems: [], changed: true }),
        streamLogs: async function* () {
          yield { seq: 1n, level: "info", logger: "rdk", message: "hello", fieldsJson: "", module: "", resource: "" };
        },
      },
    },
    ...overrides,
  });
  t.after(() => server[Symbol.asyncDispose]());
  const { port } = await server.listenPublic("127.0.0.1", 0);
  return {
    machine,
    server,
    folder,
    port,
    target: `ipv4:127.0.0.1:${port}`,
    logged,
    shutdowns,
    frames,
    tunnels,
    get window() {
      return state.window;
    },
    set window(value: number) {
      state.window = value;
    },
    async module(name, handlers, api = ECHO_API, service = ECHO_SERVICE) {
      const module = await startRawModuleAt(t, `${folder}/${name}.sock`, { [service]: handlers });
      machine.addModule(name, module.address, { [api]: service });
      machine.addResource(api, name, name);
      return module;
    },
  };
}
