/** Stops what moves: all of it on StopAll, or what a lost client commanded last. */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import type { MachineView, Route } from "../machine/machine-status.js";
import { knownServiceNamed, knownServiceOfApi } from "../proto/known-services.js";
import { isRpcError, Status } from "../proto/status-code.js";
import { apiTextOf, type ResourceName, simpleNameOf } from "../resource/resource-name.js";
import { upstreamOf } from "./call-router.js";
import type { RouterBackend } from "./router-backend.js";
import type { CommandedResource, Session } from "./sessions.js";

/** One attempt to stop one resource. */
const STOP_TIMEOUT: Millis = seconds(10);
/** How long a lost client's resource is tried while its module restarts. */
const RETRY_FOR: Millis = seconds(30);
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 500;

export interface ActuatorsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly view: Pick<MachineView, "route" | "readyResources" | "services">;
  readonly backend: () => Promise<Pick<RouterBackend, "unary">>;
}

export interface StopFailure {
  readonly name: ResourceName;
  readonly message: string;
}

export class Actuators {
  readonly #options: ActuatorsOptions;
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();

  constructor(options: ActuatorsOptions) {
    this.#options = options;
  }

  /** Stops every actuator that is ready; `extraOf` gives the bytes of a Struct to send along. */
  async stopAll(extraOf: (name: ResourceName) => Uint8Array | undefined): Promise<readonly StopFailure[]> {
    const failures: StopFailure[] = [];
    const services = this.#options.view.services();
    const stops = this.#options.view.readyResources().map(async (name) => {
      const api = apiTextOf(name);
      const service = services.get(api) ?? knownServiceOfApi(api)?.service;
      if (service === undefined || knownServiceNamed(service)?.hasStop !== true) return;
      try {
        await this.#stop({ service, name: simpleNameOf(name) }, extraOf(name));
      } catch (error) {
        failures.push({ name, message: messageOf(error) });
      }
    });
    await Promise.all(stops);
    return failures;
  }

  /** Stops what an expired session commanded; keeps trying while a module restarts, unless somebody else took over. */
  onSessionExpired(session: Session, resources: readonly CommandedResource[], isTakenOver: (resource: CommandedResource) => boolean): void {
    const actuators = resources.filter(({ service }) => knownServiceNamed(service)?.hasStop === true);
    this.#options.logger.warn(
      { session: session.id, client: session.remoteAddress, stopping: actuators.map(({ name }) => name) },
      "session expired: its client gave no sign of life",
    );
    for (const resource of actuators) {
      const work = this.#stopPersistently(resource, () => isTakenOver(resource)).finally(() => this.#background.delete(work));
      this.#background.add(work);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#background]);
  }

  async #stopPersistently(resource: CommandedResource, isTakenOver: () => boolean): Promise<void> {
    const { clock, logger } = this.#options;
    const end = clock.now() + RETRY_FOR;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      if (this.#closing.signal.aborted || isTakenOver()) return;
      try {
        await this.#stop(resource);
        return;
      } catch (error) {
        const isPassing = error instanceof ModuleDownError || isRpcError(error, Status.UNAVAILABLE);
        if (!isPassing || clock.now() > end) {
          logger.error(
            { resource: resource.name, service: resource.service, error: messageOf(error) },
            "could not stop a resource of an expired session",
          );
          return;
        }
      }
      try {
        await clock.sleep(millis(pause), this.#closing.signal);
      } catch {
        return; // closing
      }
    }
  }

  async #stop({ service, name }: CommandedResource, extra?: Uint8Array): Promise<void> {
    const route = this.#options.view.route(service, name);
    if (route.kind !== "module") throw toError(route, service);
    const backend = await this.#options.backend();
    await backend.unary(upstreamOf(route), `/${service}/Stop`, encodeStop(name, extra), { timeout: STOP_TIMEOUT });
  }
}

/** The module is expected back. */
class ModuleDownError extends Error {}

function toError(route: Exclude<Route, { kind: "module" }>, service: string): Error {
  if (route.kind === "unknown-service") return new Error(`no module offers ${service} any more`);
  return route.kind === "unavailable" && route.isModuleDown ? new ModuleDownError(route.message) : new Error(route.message);
}

const NAME_TAG = 0x0a; // field 1, length-delimited
const EXTRA_TAG = [0x9a, 0x06]; // field 99, length-delimited

/** Stop requests are alike in all APIs: the name in field 1, a Struct in field 99. */
function encodeStop(name: string, extra: Uint8Array | undefined): Uint8Array {
  const bytes = Buffer.from(name, "utf8");
  const message = [Buffer.from([NAME_TAG, ...varint(bytes.length)]), bytes];
  if (extra !== undefined) message.push(Buffer.from([...EXTRA_TAG, ...varint(extra.length)]), Buffer.from(extra));
  return Buffer.concat(message);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
