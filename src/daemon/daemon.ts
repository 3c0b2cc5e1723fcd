/**
 * The composition root: makes every part, hands them to one another, and closes them in reverse order. What takes long to load (the gRPC library, the database)
 * is loaded after the modules were started, so that both happen at once.
 */
import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Clock, systemClock } from "../base/clock.js";
import { DisposalStack } from "../base/disposal-stack.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import { packageRoot } from "../base/package-root.js";
import { keepHeapSmall } from "../base/small-heap.js";
import { readCatalogue } from "../config/catalogue.js";
import { createMachine, type Machine } from "../machine/machine.js";
import { LeftDataFolders } from "../module/left-data-folders.js";
import type { ModuleManager } from "../module/module-host.js";
import { isTcpForced } from "../module/module-limits.js";
import { createModuleManager } from "../module/module-manager.js";
import { knownServiceOfApi } from "../proto/known-services.js";
import { createServer, type Server } from "../server/server.js";
import type { Store } from "../store/open-store.js";
import type { AppliedConfig } from "./config-controller.js";
import { ConfigKeeper } from "./config-keeper.js";
import { createControlHandlers } from "./control-handlers.js";
import { endOnCrash } from "./crash.js";
import { startHeartbeat } from "./heartbeat.js";
import { makeHome, makeSocketFolder, socketBases } from "./home.js";
import { assertNoOtherSupervisor } from "./instance-lock.js";
import { claimSocketFolder, endLeftovers } from "./leftovers.js";
import { type DaemonLimits, readLimits } from "./limits-from-env.js";
import { archiveLogs } from "./log-archive.js";
import { openLogOutput } from "./log-output.js";
import { createLogging, type Logging } from "./logging.js";
import { PublicAccess } from "./public-access.js";
import { Recorder } from "./recorder.js";
import { toForeignEntry } from "./remote-log.js";
import { Safety } from "./safety.js";
import { listenToSignals } from "./signals.js";
import { notifySystemd } from "./systemd.js";

export interface DaemonOptions {
  /** Absolute; absent: the default machine. */
  readonly config?: string;
  /** VIAM_HOME, absolute. */
  readonly home: string;
  /** Absent: pretty on a terminal, JSON otherwise. */
  readonly logFormat?: "pretty" | "json";
  readonly isDebug: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTty: boolean;
  readonly version: string;
}

/** Without a cloud there is no other. */
const ROBOT_ID = "local";
/** For the removal of all resources, and for the end of all modules after it. */
const CLOSE_LIMIT: Millis = seconds(25);
/** More than all that closes may take together. */
const STOP_LIMIT: Millis = seconds(90);
/** How long listening waits for the processes of the modules, and the database for their resources. */
const SPAWN_PATIENCE: Millis = millis(300);
const STORE_PATIENCE: Millis = seconds(2);
const SERVER_CLOSE_LIMIT: Millis = seconds(5);
/** After the second signal: 128 + SIGTERM. */
const EXIT_KILLED = 143;

/** Runs a machine until SIGTERM, SIGINT or the Shutdown call; the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const clock = systemClock;
  makeHome(options.home);
  const controlSocket = path.join(options.home, "pinion.sock");
  await assertNoOtherSupervisor(controlSocket);
  const logging = openLogging(options, clock);
  const daemon = new Daemon({ ...options, env: { ...options.env, VIAM_HOME: options.home } }, clock, logging);
  try {
    await daemon.start(controlSocket);
    return await daemon.untilStopped();
  } finally {
    await daemon.close();
    logging.close();
  }
}

function openLogging(options: DaemonOptions, clock: Clock): Logging {
  const isPretty = options.logFormat === undefined ? options.isTty : options.logFormat === "pretty";
  return createLogging({
    format: isPretty ? "pretty" : "json",
    color: options.isTty && (options.env["NO_COLOR"] ?? "") === "",
    out: openLogOutput({ clock, fd: 1 }),
    clock,
    isDebug: options.isDebug,
  });
}

class Daemon {
  readonly #options: DaemonOptions;
  readonly #clock: Clock;
  readonly #logging: Logging;
  readonly #logger: Logger;
  readonly #closing: DisposalStack;
  /** Of this run of the supervisor: all its processes carry it. */
  readonly #id: string = randomUUID();
  readonly #socketFolder: string;
  readonly #access: PublicAccess;
  readonly #server: Server;
  readonly #modules: ModuleManager;
  readonly #machine: Machine;
  readonly #configs: ConfigKeeper;
  readonly #recorder: Recorder;
  readonly #safety: Safety;
  readonly #startedAt: Date;
  #store: Promise<Store> | undefined;
  #openedStore: Store | undefined;
  #endArchive: () => void = () => undefined;
  #isStopping = false;
  #stop: (code: number) => void = () => undefined;
  readonly #stopped: Promise<number>;

  constructor(options: DaemonOptions, clock: Clock, logging: Logging) {
    this.#options = options;
    this.#clock = clock;
    this.#logging = logging;
    this.#logger = logging.logger;
    this.#startedAt = clock.wall();
    this.#closing = new DisposalStack(clock, (what, error) => this.#logger.error({ what, error: messageOf(error) }, "closing failed"));
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    const limits = readLimits(options.env, this.#logger);
    this.#socketFolder = makeSocketFolder(options.env);
    claimSocketFolder(this.#socketFolder, options.home, this.#id);
    this.#closing.defer("removing the socket folder", seconds(2), () => rmSync(this.#socketFolder, { recursive: true, force: true }));
    this.#closing.defer("noting the end in order", seconds(2), () => this.#configs.noteEnd());
    this.#closing.defer("closing the store", seconds(5), async () => (await this.#store)?.close());
    // What is said while all else ends is kept too.
    this.#closing.defer("writing the log", seconds(2), () => this.#endArchive());
    this.#recorder = new Recorder({ clock, logger: this.#logger.child("metrics"), home: options.home, machine: () => this.#machine });
    this.#closing.defer("noting the end", seconds(1), () => this.#recorder.history.tell("supervisor-stopped", "pinion ended in order"));
    this.#safety = new Safety({ clock, logger: this.#logger.child("hardware"), home: options.home, history: this.#recorder.history });
    this.#closing.defer("letting go of outputs", seconds(3), () => this.#safety.close());
    this.#access = this.#createAccess();
    this.#server = this.#createServer(limits);
    this.#closing.defer("closing the server", SERVER_CLOSE_LIMIT, async () => this.#server[Symbol.asyncDispose]());
    this.#modules = this.#createModules();
    this.#closing.defer("ending the modules", CLOSE_LIMIT, async () => this.#modules[Symbol.asyncDispose]());
    this.#machine = this.#createMachine(limits);
    this.#closing.defer("removing the resources", CLOSE_LIMIT, () => this.#machine.close());
    this.#configs = this.#createConfigs();
    this.#closing.defer("watching no more", seconds(2), () => {
      this.#recorder.close();
      return this.#configs.close();
    });
  }

  async start(controlSocket: string): Promise<void> {
    const { config, env, version } = this.#options;
    this.#listenToSignals();
    this.#endOnCrash(controlSocket);
    this.#logger.info({ version, pid: process.pid, home: this.#options.home, config }, "pinion starts");
    const isAfterKill = await endLeftovers({
      home: this.#options.home,
      socketFolder: this.#socketFolder,
      bases: socketBases(env),
      clock: this.#clock,
      logger: this.#logger,
    });
    if (isAfterKill) await this.#safety.takeOver();
    this.#recorder.watch();
    await this.#configs.start(version);
    await this.#untilSpawned();
    await this.#listenControl(controlSocket);
    await this.#access.listen();
    // Loads while the modules start: they and the first client ask at once.
    this.#background("warming up", this.#server.warmUp());
    this.#configs.watch();
    notifySystemd(env, "--ready");
    const heartbeat = startHeartbeat({ env, clock: this.#clock, logger: this.#logger });
    const leftFolders = this.#watchDataFolders();
    this.#closing.defer("looking after data folders no more", seconds(1), () => leftFolders.end());
    this.#closing.defer("ending the heartbeat", seconds(1), () => heartbeat?.end());
    keepHeapSmall();
    this.#background("settling", this.#afterFirstPass());
  }

  /** Modules take the longest of all that starts, so their processes come first; what hinders one of them hinders nothing else for long. */
  async #untilSpawned(): Promise<void> {
    const end = this.#clock.now() + SPAWN_PATIENCE;
    while (this.#clock.now() < end && this.#modules.statuses().some(({ state }) => state === "pending")) await this.#clock.sleep(millis(1));
  }

  /** On a read-only disk there is no place for the socket; the machine runs all the same. */
  async #listenControl(socket: string): Promise<void> {
    try {
      await this.#server.listenControl(socket);
    } catch (error) {
      this.#logger.error({ socket, error: messageOf(error) }, "the command line cannot reach this machine");
    }
  }

  untilStopped(): Promise<number> {
    return this.#stopped;
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    // The unit's own limit is short, for supervisors that no longer answer.
    notifySystemd(this.#options.env, "--stopping", `EXTEND_TIMEOUT_USEC=${STOP_LIMIT * 1000}`);
    this.#logger.info({}, "pinion stops");
    await this.#closing[Symbol.asyncDispose]();
  }

  #createAccess(): PublicAccess {
    const { home, env } = this.#options;
    return new PublicAccess({
      logger: this.#logger.child("networking"),
      home,
      env,
      server: () => this.#server,
      openStore: () => this.#openStore(),
    });
  }

  #createServer(limits: DaemonLimits): Server {
    return createServer({
      clock: this.#clock,
      logger: this.#logger.child("networking"),
      view: {
        status: () => this.#machine.status(),
        readyResources: () => this.#machine.readyResources(),
        hasService: (service) => this.#machine.hasService(service),
        route: (service, name) => this.#machine.route(service, name),
        services: () => this.#machine.services(),
        restartModule: (nameOrId) => this.#machine.restartModule(nameOrId),
      },
      version: this.#options.version,
      socketFolder: this.#socketFolder,
      requestLimit: limits.requestLimit,
      ports: {
        log: (entry, caller) => this.#logging.record(toForeignEntry(entry, caller)),
        shutdown: () => this.#stop(0),
        frames: () => [...this.#configs.applied.config.resources.values()],
        tunnels: () => this.#configs.applied.config.network.tunnelEndpoints,
        heartbeatWindow: () => this.#configs.applied.config.network.heartbeatWindow,
        onCallEnd: (resource, elapsed, isOk) => this.#recorder.calls.note(resource, elapsed, isOk),
        access: this.#access.port,
        accessService: this.#access.service,
        control: createControlHandlers({
          version: this.#options.version,
          startedAt: this.#startedAt,
          home: this.#options.home,
          env: this.#options.env,
          isStopping: () => this.#isStopping,
          status: () => this.#machine.status(),
          configs: () => this.#configs,
          openStore: () => this.#openStore(),
          sampleNow: () => this.#recorder.sampleNow(),
          statusBefore: () => this.#recorder.statuses.before,
          network: () => this.#access.report(),
          leases: () => this.#machine.leases(),
        }),
      },
    });
  }

  #createModules(): ModuleManager {
    return createModuleManager({
      clock: this.#clock,
      logger: this.#logger,
      home: this.#options.home,
      robotId: ROBOT_ID,
      socketFolder: this.#socketFolder,
      supervisorId: this.#id,
      firstRuns: async () => (await this.#openStore()).firstRuns,
      env: this.#options.env,
      apiKeys: () => this.#configs.applied.config.apiKeys,
      openParent: (module) => this.#server.openParent(module, { isTcp: this.#isTcp(module) }),
      closeParent: (module) => this.#server.closeParent(module),
      isBusySince: (module, incarnation, at) => this.#server.isBusySince(module, incarnation, at),
      events: {
        onStatus: (status) => {
          this.#machine.onStatus(status);
          this.#recorder.onModule(status);
        },
        onExit: (module, incarnation, at) => this.#machine.onExit(module, incarnation, at),
        onGone: (module, incarnation, reason) => this.#server.dropModule(module, incarnation, reason),
        beforeStop: (module, incarnation, limit) => this.#machine.beforeStop(module, incarnation, limit),
      },
    });
  }

  #watchDataFolders(): LeftDataFolders {
    return new LeftDataFolders({
      folder: path.join(this.#options.home, "module-data", ROBOT_ID),
      clock: this.#clock,
      logger: this.#logger.child("modmanager"),
      configured: () => {
        const { config, source, problems } = this.#configs.applied;
        if (source !== "file" || problems.some(({ severity }) => severity === "error")) return undefined;
        return new Set([...config.modules.keys(), ...this.#machine.status().modules.map(({ name }) => name)]);
      },
    });
  }

  #isTcp(module: string): boolean {
    return isTcpForced(this.#options.env) || this.#configs.applied.config.modules.get(module)?.isTcp === true;
  }

  #createMachine(limits: DaemonLimits): Machine {
    const catalogue = readCatalogue(path.join(packageRoot(), "drivers"));
    return createMachine({
      clock: this.#clock,
      logger: this.#logger.child("resource_manager"),
      modules: this.#modules,
      catalogue,
      knownService: (api) => knownServiceOfApi(api)?.service,
      buildLimit: limits.buildLimit,
      hardware: this.#safety.ports,
    });
  }

  #createConfigs(): ConfigKeeper {
    const { config, env, home, isDebug } = this.#options;
    return new ConfigKeeper({
      clock: this.#clock,
      logger: this.#logger.child("config"),
      ...(config === undefined ? {} : { path: config }),
      context: { env, home, userHome: os.homedir(), fileExists: existsSync, isDebug },
      machine: this.#machine,
      history: this.#recorder.history,
      openStore: () => this.#openStore(),
      adopt: (applied, previous) => this.#adopt(applied, previous),
    });
  }

  /** A new config is in force: everything that depends on it hears of it. */
  #adopt(applied: AppliedConfig, previous: AppliedConfig | undefined): void {
    const { config } = applied;
    this.#access.adopt(config);
    this.#logging.setLevels({
      patterns: config.logPatterns,
      resourceLevels: new Map([...config.resources].flatMap(([name, { logLevel }]) => (logLevel === undefined ? [] : [[name, logLevel]]))),
      isDebug: config.isDebug,
      isDeduplicated: config.isLogDeduplicated,
    });
    this.#machine.apply(config, applied.revision);
    this.#safety.keepOnly((name) => config.resources.has(name));
    if (previous !== undefined) this.#background("listening anew", this.#access.listen());
  }

  async #afterFirstPass(): Promise<void> {
    // The modules have the processor first; the log keeps its first lines until the database is open.
    const patience = new AbortController();
    await Promise.race([this.#machine.whenSettled(), this.#clock.sleep(STORE_PATIENCE, patience.signal).catch(() => undefined)]); // aborted below
    patience.abort();
    const [store] = await Promise.all([this.#openStore(), this.#configs.remember()]);
    this.#endArchive = archiveLogs(this.#logging, store.logs);
    this.#recorder.startKeeping(store);
    await this.#machine.whenSettled();
    const { resources, modules } = this.#machine.status();
    const ready = resources.filter(({ state }) => state === "ready").length;
    // Official example tests wait for exactly this sentence.
    this.#logger.info({ resources: resources.length, ready, modules: modules.length }, "Robot constructed with full config");
    this.#recorder.noteSettled();
  }

  #listenToSignals(): void {
    const stop = listenToSignals(this.#clock, {
      onStop: (signal) => {
        this.#logger.info({ signal }, "signal received");
        this.#recorder.history.tell("supervisor-stopping", `${signal} received`);
        this.#stop(0);
      },
      onSecondStop: (signal) => {
        this.#logger.warn({ signal }, "second signal: ending at once");
        this.#modules.killAll();
        this.#openedStore?.close();
        this.#logging.close();
        process.exit(EXIT_KILLED);
      },
      onReload: () => void this.#configs.controller.reload({ via: "signal" }),
    });
    this.#closing.defer("ignoring signals", seconds(1), stop);
  }

  #endOnCrash(controlSocket: string): void {
    endOnCrash({
      logger: this.#logger,
      steps: [
        () => this.#modules.killAll(),
        (message) => this.#recorder.history.tell("supervisor-crashed", message),
        (message) => this.#configs.noteCrash(message),
        () => this.#openedStore?.close(),
        () => rmSync(this.#socketFolder, { recursive: true, force: true }),
        () => rmSync(controlSocket, { force: true }),
        () => this.#logging.close(),
      ],
    });
  }

  #openStore(): Promise<Store> {
    this.#store ??= import("../store/open-store.js").then(({ openStore }) =>
      this.#attachStore(openStore({ folder: this.#options.home, clock: this.#clock, logger: this.#logger.child("store") })),
    );
    return this.#store;
  }

  async #attachStore(opening: Promise<Store>): Promise<Store> {
    const store = await opening;
    this.#openedStore = store;
    this.#recorder.history.attach(store.events);
    return store;
  }

  /** Work that nobody waits for: what goes wrong in it is logged. */
  #background(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.#logger.error({ what, error: messageOf(error) }, "background work failed"));
  }
}
