/** One process of a module from its start to its end: address, environment, output, link. Decides nothing; tells its listener. */
import { rmSync } from "node:fs";
import { messageOf, PinionError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";
import type { CgroupTree } from "../process/cgroup-tree.js";
import { ManagedProcess, type OutputStream, type ProcessCgroup } from "../process/managed-process.js";
import { describeEnd, isOrderlyEnd, type ProcessEnd } from "../process/process-end.js";
import { forgetProcess, recordProcess } from "../process/process-record.js";
import { Liveness } from "./liveness.js";
import { type ModuleAddress, moduleArguments } from "./module-arguments.js";
import { moduleEnvironment, workingFolder } from "./module-environment.js";
import type { ModuleExecutable } from "./module-executable.js";
import type { Handler, ModuleCalls } from "./module-host.js";
import type { ModuleLimits } from "./module-limits.js";
import type { ModuleLink } from "./module-link.js";
import { socketAddress, tcpAddress } from "./module-socket.js";
import type { ParentAddresses } from "./parent-socket.js";
import { type ModuleSurroundings, makeDataFolder } from "./prepare-module.js";

export interface RunInput {
  readonly incarnation: number;
  readonly config: ModuleConfig;
  readonly apiKey: ApiKey | undefined;
  readonly executable: ModuleExecutable;
  readonly parent: Promise<ParentAddresses>;
  readonly surroundings: ModuleSurroundings;
  readonly socketFolder: string;
  /** Unique to this process among all supervisors and boots. */
  readonly mark: string;
  readonly limits: ModuleLimits;
  readonly cgroups: CgroupTree;
  readonly logger: Logger;
  /** Whether a call of a client or another module is in flight there that began before this instant. */
  isBusySince(at: Millis): boolean;
  readonly listener: RunListener;
}

interface RunListener {
  onLine(stream: OutputStream, line: string): void;
  onReady(): void;
  /** Nothing may call it any more. Once, before `onEnd` and before a signal. */
  onGone(reason: string): void;
  /** It does not become ready, or does not answer any more; the process may still live. */
  onFailed(error: unknown): void;
  /** The process is gone; `onEnd` follows. */
  onExit(at: Millis): void;
  onEnd(end: ProcessEnd): void;
}

export class ModuleRun {
  readonly #input: RunInput;
  readonly #abort = new AbortController();
  #process: ManagedProcess | undefined;
  #address: ModuleAddress | undefined;
  #link: ModuleLink | undefined;
  #liveness: Liveness | undefined;
  #record: string | undefined;
  #limitsProblem: string | undefined;
  /** Settles when nothing of the start is under way any more. */
  readonly started: Promise<void>;

  /** Starts at once. The listener hears of everything later, never from within. */
  constructor(input: RunInput) {
    this.#input = input;
    const { config, limits, socketFolder } = input;
    const unix = config.isTcp || limits.isTcpForced ? undefined : socketAddress(socketFolder, config.name);
    if (unix === undefined) {
      this.started = this.#startOnTcp();
      return;
    }
    this.#launch(unix);
    this.started = this.#connect(unix);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Known once the start was tried. */
  get address(): string | undefined {
    return this.#address?.text;
  }

  /** Why the configured limits are not enforced. */
  get limitsProblem(): string | undefined {
    return this.#limitsProblem;
  }

  get handlers(): readonly Handler[] {
    return this.#link?.handlers ?? [];
  }

  get calls(): ModuleCalls | undefined {
    return this.#link?.calls;
  }

  /** Ends the connection, then the process: modules that wait for their clients to leave would otherwise linger. */
  stop(): void {
    this.#disconnect("it is being stopped");
    if (this.#process !== undefined) this.#process.stop();
    else this.#end({ kind: "not-started", message: "it was stopped before it was started" });
  }

  /** `reason`: a sentence that names the module. */
  kill(reason: string = `module "${this.#input.config.name}" is not ready: it is being killed`): void {
    this.#disconnectWith(reason);
    this.#process?.kill();
  }

  async #startOnTcp(): Promise<void> {
    let address: ModuleAddress;
    try {
      address = await tcpAddress();
    } catch (error) {
      this.#end({ kind: "not-started", message: messageOf(error) });
      return;
    }
    if (this.#abort.signal.aborted) return;
    this.#launch(address);
    await this.#connect(address);
  }

  #launch(address: ModuleAddress): void {
    const { config, apiKey, executable, surroundings, logger, incarnation, listener } = this.#input;
    const { env: base, home, clock } = surroundings;
    this.#address = address;
    const dataFolder = makeDataFolder(surroundings, config.name, logger);
    const env = moduleEnvironment({ base, home, config, dataFolder, moduleRoot: executable.root, apiKey, address: address.text });
    const args = moduleArguments(config, address);
    const cgroup = this.#limit();
    const spec = {
      command: executable.file,
      args,
      env,
      cwd: workingFolder(env, executable.file),
      mark: this.#input.mark,
      ...(cgroup === undefined ? {} : { cgroup }),
    };
    this.#process = new ManagedProcess(spec, clock, {
      onLine: listener.onLine,
      onExit: listener.onExit,
      onEnd: (end) => this.#end(end),
    });
    this.#process.start();
    if (this.#process.pid !== undefined) this.#record = recordProcess(this.#input.socketFolder, this.#process.pid);
    logger.info({ pid: this.#process.pid, incarnation, address: address.text }, "module started");
  }

  /** Where the kernel cannot be told the limits the module runs without them: a robot that does nothing is no safer. */
  #limit(): ProcessCgroup | undefined {
    const { config, incarnation, cgroups, logger } = this.#input;
    if (config.limits === undefined) return undefined;
    const group = cgroups.create(`${config.name}-${incarnation}`, config.limits);
    if (typeof group !== "string") return group;
    this.#limitsProblem = group;
    logger.warn({ limits: config.limits, problem: group }, "limits of the module are not enforced");
    return undefined;
  }

  async #connect(address: ModuleAddress): Promise<void> {
    const { config, incarnation, parent, surroundings, limits, logger, listener } = this.#input;
    const parentAddress = parent.then((addresses) => chooseParent(addresses, address));
    parentAddress.catch(() => undefined); // the handshake reports it, if it gets that far
    try {
      const { linkModule } = await import("./module-link.js");
      this.#link = await linkModule({
        module: config.name,
        incarnation,
        address: address.text,
        parentAddress,
        limit: limits.startup,
        clock: surroundings.clock,
        logger,
        signal: this.#abort.signal,
      });
    } catch (error) {
      if (!this.#abort.signal.aborted) listener.onFailed(error);
      return;
    }
    if (this.#abort.signal.aborted) {
      this.#link.close("it is being stopped");
      return;
    }
    this.#watch(this.#link);
    listener.onReady();
  }

  #watch(link: ModuleLink): void {
    const { config, surroundings, isBusySince, listener } = this.#input;
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    this.#liveness = new Liveness({
      pid,
      clock: surroundings.clock,
      probe: (limit) => link.probe(limit),
      isBusySince: (at) => link.isBusySince(at) || isBusySince(at),
      onHung: (why) => listener.onFailed(new PinionError("MODULE_HUNG", `module "${config.name}" is not ready: ${why}`)),
    });
  }

  #disconnect(why: string): void {
    this.#disconnectWith(`module "${this.#input.config.name}" is not ready: ${why}`);
  }

  #disconnectWith(reason: string): void {
    this.#liveness?.end();
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new PinionError("MODULE_NOT_READY", reason));
    this.#link?.close(reason);
    this.#input.listener.onGone(reason);
  }

  /** Python modules leave theirs behind. */
  #removeSocket(): void {
    if (this.#address?.isTcp !== false) return;
    try {
      rmSync(this.#address.text, { force: true });
    } catch (error) {
      this.#input.logger.warn({ socket: this.#address.text, error: messageOf(error) }, "socket of a module not removed");
    }
  }

  #end(end: ProcessEnd): void {
    const { listener, logger } = this.#input;
    this.#disconnect(`its process ${describeEnd(end)}`);
    listener.onEnd(end);
    this.#removeSocket();
    if (this.#record !== undefined && end.kind !== "stuck") forgetProcess(this.#record);
    if ("isRequested" in end && end.isRequested) {
      const fields = { pid: end.pid, end: describeEnd(end) };
      if (isOrderlyEnd(end)) logger.info(fields, "module stopped");
      else logger.warn(fields, "module stopped, but not in an orderly way");
    }
  }
}

function chooseParent({ unix, tcp }: ParentAddresses, module: ModuleAddress): string {
  const address = module.isTcp ? (tcp ?? unix) : (unix ?? tcp);
  if (address === undefined) throw new PinionError("MODULE_START_FAILED", "the supervisor listens nowhere for this module");
  return address;
}
