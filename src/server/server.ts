/** The machine as the outside sees it: listeners, the router behind them, and the services of the machine itself. */
import type { Socket } from "node:net";
import path from "node:path";
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import type { MachineView } from "../machine/machine-status.js";
import type { DescriptorIndex } from "../proto/descriptor-index.js";
import { Actuators } from "./actuators.js";
import type { AccessPort } from "./auth/access-port.js";
import { Authenticator } from "./auth/authenticator.js";
import { BusyModules } from "./busy-modules.js";
import { createCallRouter, upstreamKey } from "./call-router.js";
import type { Caller } from "./caller.js";
import { ClientLimit } from "./client-limit.js";
import { takeIn } from "./connection-intake.js";
import type { Http1 } from "./http1.js";
import { InFlight } from "./in-flight.js";
import { DEFAULT_IN_FLIGHT_LIMIT } from "./limits.js";
import { type Listener, listenUnix } from "./listener.js";
import type { ModuleDescriptors } from "./module-descriptors.js";
import { Operations } from "./operations.js";
import { ownDescriptors } from "./own-descriptors.js";
import type { OwnServer } from "./own-server.js";
import { type ParentAddress, ParentListeners } from "./parent-listeners.js";
import { hostOfPeer, isLoopbackHost, peerAddress } from "./peer-address.js";
import { type PublicAddress, PublicListener } from "./public-listener.js";
import type { BackendOptions, CallRouter, OpenBackend, RouterBackend, Upstream } from "./router-backend.js";
import type { ServerPorts } from "./server-ports.js";
import { Sessions } from "./sessions.js";
import type { TlsSource } from "./tls/certificate.js";
import { PublicTls } from "./tls/public-tls.js";
import type { WebExchange, WebHandler } from "./web/web-exchange.js";
import type { WebGateway } from "./web/web-gateway.js";

export interface ServerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly view: MachineView;
  /** Of the package, `N.N.N`. */
  readonly version: string;
  readonly ports: ServerPorts;
  /** An existing folder that only we may enter; parent sockets are made in it. */
  readonly socketFolder: string;
  /** Calls in flight per resource and service; VIAM_RESOURCE_REQUESTS_LIMIT. */
  readonly requestLimit?: number;
  /** Connections of clients at once; absent: by the number of files that the process may open. */
  readonly clientLimit?: number;
  /** How long calls in flight may go on when the server closes. */
  readonly grace?: Millis;
  /** What carries the calls' bytes; absent: the frame-level router. */
  readonly openBackend?: OpenBackend;
}

export interface Server extends AsyncDisposable {
  /** LISTEN_FAILED says who is in the way and what to do. */
  listenPublic(host: string, port: number): Promise<PublicAddress>;
  /** Listens elsewhere; connections live on. When the new address cannot be had the old one stays. */
  rebindPublic(host: string, port: number): Promise<PublicAddress>;
  /**
   * The module's own socket, and its own loopback port when it asks for TCP or the path would be too long. Calls that come
   * through it are the module's. Opening twice gives the same addresses.
   */
  openParent(module: string, options?: { readonly isTcp?: boolean }): Promise<ParentAddress>;
  closeParent(module: string): Promise<void>;
  listenControl(socketPath: string): Promise<void>;
  /** The process is about to end or has ended: closes the connection to it. Calls in flight are told `reason`. */
  dropModule(module: string, incarnation: number, reason?: string): void;
  /** Whether a call is in flight in this process of a module that began before this instant. */
  isBusySince(module: string, incarnation: number, at: Millis): boolean;
  /**
   * What the public port shows to TLS clients from the next connection on; without TLS only this host may then connect to it.
   * Absent: no TLS. Resolves to the certificate's fingerprint; CONFIG_INVALID when there is no usable certificate.
   */
  setTls(source: TlsSource | undefined): Promise<string | undefined>;
  /** Of the certificate in use now. */
  tlsFingerprint(): string | undefined;
  /** The key was revoked: whoever came in with it must show another. */
  dropKey(id: string): void;
  /** Loads what answers the machine's own services; otherwise the first call does. */
  warmUp(): Promise<void>;
  /** New clients are turned away from now on; connections live on until the server is disposed. */
  stopAccepting(): Promise<void>;
}

const DEFAULT_GRACE = millis(500);

const NO_KEYS: ReturnType<AccessPort["configKeys"]> = [];
const OPEN_ACCESS: AccessPort = {
  isRequired: () => false,
  configKeys: () => NO_KEYS,
  machineSecrets: () => [],
  findKey: () => Promise.resolve(undefined),
};

export function createServer(options: ServerOptions): Server {
  return new MachineServer(options);
}

class MachineServer implements Server {
  readonly #options: ServerOptions;
  readonly #operations: Operations;
  readonly #sessions: Sessions;
  readonly #actuators: Actuators;
  readonly #busy: BusyModules;
  readonly #authenticator: Authenticator;
  readonly #router: CallRouter;
  readonly #parents: ParentListeners;
  readonly #greeting: string;
  readonly #public: PublicListener;
  #control: Listener | undefined;
  #backend: Promise<RouterBackend> | undefined;
  #http1: Promise<Http1> | undefined;
  #web: Promise<WebGateway> | undefined;
  readonly #tls: PublicTls;
  readonly #clients: ClientLimit;
  #own: Promise<OwnServer> | undefined;
  #descriptors: ModuleDescriptors | undefined;
  readonly #ownDescriptors: () => Promise<DescriptorIndex> = ownDescriptors();
  #disposing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    const { clock, logger, view, ports } = options;
    this.#options = options;
    this.#greeting = `Pinion ${options.version} is running. Connect with gRPC over HTTP/2, or ask it on this host: pinion status\n`;
    this.#operations = new Operations(clock);
    this.#actuators = new Actuators({ clock, logger, view, backend: () => this.#openBackend() });
    this.#sessions = new Sessions({
      clock,
      heartbeatWindow: () => ports.heartbeatWindow(),
      onExpired: (session, resources) =>
        this.#actuators.onSessionExpired(session, resources, (resource) => this.#sessions.isCommanded(resource)),
    });
    const own: Upstream = { key: "own", what: "the machine", address: () => this.#startOwn() };
    const inFlight = new InFlight(options.requestLimit ?? DEFAULT_IN_FLIGHT_LIMIT);
    this.#busy = new BusyModules(clock);
    const operations = this.#operations;
    const sessions = this.#sessions;
    const busy = this.#busy;
    this.#parents = new ParentListeners(options.socketFolder, (socket, caller) => this.#takeIn(socket, caller));
    this.#public = new PublicListener((socket) => this.#takeIn(socket, { kind: "public" }));
    this.#clients = new ClientLimit({ clock, logger, ...(options.clientLimit === undefined ? {} : { limit: options.clientLimit }) });
    this.#tls = new PublicTls(logger, (socket) => this.#takeIn(socket, { kind: "public" }));
    this.#authenticator = new Authenticator({ clock, logger, access: ports.access ?? OPEN_ACCESS });
    this.#router = createCallRouter({
      clock,
      view,
      own,
      operations,
      sessions,
      inFlight,
      busy,
      authorize: (start) => this.#authenticator.authorize(start),
      onCallEnd: (resource, elapsed, isOk) => ports.onCallEnd?.(resource, elapsed, isOk),
    });
  }

  isBusySince(module: string, incarnation: number, at: Millis): boolean {
    return this.#busy.isBusySince(upstreamKey(module, incarnation), at);
  }

  listenPublic(host: string, port: number): Promise<PublicAddress> {
    return this.#public.listen(host, port);
  }

  rebindPublic(host: string, port: number): Promise<PublicAddress> {
    return this.#public.rebind(host, port);
  }

  openParent(module: string, { isTcp = false }: { readonly isTcp?: boolean } = {}): Promise<ParentAddress> {
    return this.#parents.open(module, isTcp);
  }

  closeParent(module: string): Promise<void> {
    return this.#parents.close(module);
  }

  async listenControl(socketPath: string): Promise<void> {
    this.#control = await listenUnix(socketPath, (socket) => this.#takeIn(socket, { kind: "control" }));
  }

  dropModule(module: string, incarnation: number, reason: string = "it is being stopped"): void {
    const key = upstreamKey(module, incarnation);
    this.#descriptors?.drop(key);
    this.#backend?.then(
      (backend) => backend.drop(key, reason),
      () => undefined, // there is nothing to drop where nothing could be opened
    );
    this.#web?.then(
      (web) => web.drop(key, reason),
      () => undefined, // the same
    );
  }

  async setTls(source: TlsSource | undefined): Promise<string | undefined> {
    await this.#tls.set(source);
    return this.#tls.fingerprint;
  }

  tlsFingerprint(): string | undefined {
    return this.#tls.fingerprint;
  }

  dropKey(id: string): void {
    this.#authenticator.dropKey(id);
  }

  async warmUp(): Promise<void> {
    await this.#openBackend();
    await this.#startOwn();
  }

  async stopAccepting(): Promise<void> {
    await this.#public.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    await Promise.all([this.stopAccepting(), this.#control?.close(), this.#parents.closeAll()]);
    this.#sessions.close();
    const [backend, http1, own, web] = await Promise.allSettled([this.#backend, this.#http1, this.#own, this.#web]);
    if (http1.status === "fulfilled") http1.value?.close();
    if (backend.status === "fulfilled") await backend.value?.close(this.#options.grace ?? DEFAULT_GRACE);
    if (web.status === "fulfilled") await web.value?.close();
    if (own.status === "fulfilled") own.value?.close();
    await this.#tls.close();
    await this.#actuators.close();
  }

  #takeIn(socket: Socket, caller: Caller): void {
    // What comes out of TLS was counted when it came in.
    if (caller.kind === "public" && !isDecrypted(socket) && !this.#clients.admit(socket)) return;
    const fail = (error: unknown): void => {
      this.#options.logger.error({ error: messageOf(error) }, "a connection could not be served");
      socket.destroy();
    };
    const isTlsSpoken = caller.kind === "public" && this.#tls.isOn && !isDecrypted(socket);
    takeIn(socket, caller, {
      clock: this.#options.clock,
      ...(isTlsSpoken && {
        onTls: (taken) => this.#tls.accept(taken, fail),
        isTlsOnly: !isLoopbackHost(hostOfPeer(peerAddress(socket.remoteAddress, socket.remotePort))),
      }),
      onHttp2: (taken, itsCaller) => {
        this.#openBackend().then((backend) => backend.accept(taken, itsCaller), fail);
      },
      onHttp1: (taken, itsCaller) => {
        this.#openHttp1().then((http1) => http1.accept(taken, itsCaller), fail);
      },
    });
  }

  /** HTTP/2 is loaded when the first client speaks it. */
  #openBackend(): Promise<RouterBackend> {
    const { clock, logger, openBackend = openFrameBackend } = this.#options;
    this.#backend ??= openBackend({ clock, logger, router: this.#router, greeting: this.#greeting, web: this.#webHandler });
    return this.#backend;
  }

  #openHttp1(): Promise<Http1> {
    this.#http1 ??= import("./http1.js").then(({ Http1 }) => new Http1(this.#webHandler, this.#options.clock));
    return this.#http1;
  }

  /** Loaded with the first request that is no plain gRPC. */
  readonly #webHandler: WebHandler = {
    handle: (exchange: WebExchange): void => {
      this.#openWeb().then(
        (web) => web.handle(exchange),
        (error: unknown) => this.#options.logger.error({ error: messageOf(error) }, "a request could not be served"),
      );
    },
  };

  #openWeb(): Promise<WebGateway> {
    const { clock, logger } = this.#options;
    this.#web ??= import("./web/web-gateway.js").then(
      ({ WebGateway }) =>
        new WebGateway({
          clock,
          logger,
          router: this.#router,
          greeting: this.#greeting,
          describe: (symbol) => this.#describe(symbol),
          restartStatus: () => this.#restartStatus(),
        }),
    );
    return this.#web;
  }

  async #describe(symbol: string): Promise<readonly Uint8Array[] | undefined> {
    const [{ describeService }, modules] = await Promise.all([import("./reflection-service.js"), this.#openDescriptors()]);
    return describeService(symbol, { kind: "public" }, { view: this.#options.view, modules, own: this.#ownDescriptors });
  }

  async #openDescriptors(): Promise<ModuleDescriptors> {
    const { ModuleDescriptors } = await import("./module-descriptors.js");
    this.#descriptors ??= new ModuleDescriptors({ logger: this.#options.logger, backend: () => this.#openBackend() });
    return this.#descriptors;
  }

  async #startOwn(): Promise<string> {
    const socketPath = path.join(this.#options.socketFolder, "own.sock");
    if (this.#own === undefined) {
      this.#own = this.#makeOwn(socketPath);
      this.#own.catch(() => {
        this.#own = undefined; // the caller gets the error; the next call tries again
      });
    }
    await this.#own;
    return socketPath;
  }

  async #makeOwn(socketPath: string): Promise<OwnServer> {
    const [{ startOwnServer }, descriptors] = await Promise.all([import("./own-server.js"), this.#openDescriptors()]);
    const { clock, logger, view, version, ports } = this.#options;
    return startOwnServer({
      path: socketPath,
      clock,
      logger,
      view,
      version,
      ports,
      operations: this.#operations,
      sessions: this.#sessions,
      actuators: this.#actuators,
      descriptors,
      ownDescriptors: this.#ownDescriptors,
      authenticator: this.#authenticator,
    });
  }

  #restartStatus(): { readonly isRestartAllowed: boolean; readonly moduleTcpAddress: string } {
    // Each module has its own address here, so there is none to tell for all.
    return { isRestartAllowed: this.#options.view.status().state === "running", moduleTcpAddress: "" };
  }
}

function isDecrypted(socket: Socket): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}

async function openFrameBackend(options: BackendOptions): Promise<RouterBackend> {
  const { FrameBackend } = await import("./frame-level/frame-backend.js");
  return new FrameBackend(options);
}
