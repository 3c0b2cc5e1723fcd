/**
 * Decides for every call where it goes and what goes with it: our own services, or the module of the resource that the first
 * message names. Keeps the operations, the sessions' claims and the number of calls in flight. Carries no bytes.
 */
import type { Clock } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";
import type { Route } from "../machine/machine-status.js";
import { parseGrpcTimeout } from "../proto/grpc-text.js";
import { knownMethodOfPath, knownServiceNamed } from "../proto/known-services.js";
import { Status } from "../proto/status-code.js";
import type { BusyCall, BusyModules } from "./busy-modules.js";
import { type Caller, formatCaller } from "./caller.js";
import type { InFlight, Place } from "./in-flight.js";
import { DEFAULT_UNARY_TIMEOUT } from "./limits.js";
import { type Operations, RunningOperation } from "./operations.js";
import { isOwnService, isOwnStream, isOwnUnlimited, ownServiceFor, ROBOT_SERVICE } from "./own-services.js";
import type { CallHandle, CallRouter, CallStart, NamePlace, Refusal, RoutedCall, Target, Upstream } from "./router-backend.js";
import { SESSION_EXPIRED, type Sessions } from "./sessions.js";

/** The part of the machine the router asks. */
export interface RouteSource {
  route(service: string, name: string): Route;
  /** Whether the machine or a resource of its config offers it. */
  hasService(service: string): boolean;
}

/** Header by which our own services are told who calls. */
export const CALLER_HEADER = "pinion-caller";
/** Header by which they are told the addresses of the connection: remote, a blank, local. */
export const PEER_HEADER = "pinion-peer";

export type CallEndListener = (resource: string, elapsed: Millis, isOk: boolean) => void;

export interface RouterOptions {
  readonly clock: Clock;
  readonly view: RouteSource;
  readonly own: Upstream;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly inFlight: InFlight;
  readonly busy?: BusyModules;
  /** Says who calls, or turns the call away before anything else is looked at: where tokens are checked. */
  readonly authorize?: (start: CallStart) => Caller | Refusal;
  /** A call that went to a module ended. `resource` is its simple name, a dot and the service. */
  readonly onCallEnd?: CallEndListener;
}

type ModuleRoute = Extract<Route, { kind: "module" }>;

/** Routes are the same objects for as long as they hold. */
const upstreams = new WeakMap<ModuleRoute, Upstream>();

export function upstreamOf(route: ModuleRoute): Upstream {
  const known = upstreams.get(route);
  if (known !== undefined) return known;
  const upstream = { key: upstreamKey(route.module, route.incarnation), what: `module "${route.module}"`, address: route.address };
  upstreams.set(route, upstream);
  return upstream;
}

export function upstreamKey(module: string, incarnation: number): string {
  return `${module} ${incarnation}`;
}

export function createCallRouter(options: RouterOptions): CallRouter {
  const paths = new Map<string, PathFacts>();
  const factsOf = (path: string): PathFacts | undefined => {
    const known = paths.get(path);
    if (known !== undefined) return known;
    const facts = readPath(path);
    if (facts === undefined) return undefined;
    if (paths.size >= MAX_CACHED_PATHS) paths.clear();
    paths.set(path, facts);
    return facts;
  };
  return {
    begin(unknown, handle) {
      let start = unknown;
      const facts = factsOf(start.path);
      if (facts === undefined) {
        return refusal(Status.UNIMPLEMENTED, `expected a path of the form /package.Service/Method, got "${start.path}"`);
      }
      const caller = options.authorize?.(start) ?? start.caller;
      if (caller.kind === "refusal") return caller;
      if (caller !== start.caller) start = callOf(start, caller);
      if (facts.isOwn) {
        const own = ownServiceFor(facts.service, start.caller);
        return own === undefined ? unknownService(facts.service) : beginOwn(options, start, handle, facts);
      }
      return beginResource(options, start, handle, facts);
    },
  };
}

/** The call, by someone known better. */
function callOf(start: CallStart, caller: Caller): CallStart {
  const { path, remoteAddress, localAddress } = start;
  return { path, caller, remoteAddress, localAddress, header: (name) => start.header(name), isRepeated: (name) => start.isRepeated(name) };
}

/** Paths come from clients, so what is kept of them is bounded. */
const MAX_CACHED_PATHS = 2000;

interface PathFacts {
  readonly isOwn: boolean;
  readonly service: string;
  readonly method: string;
  readonly isMonitored: boolean;
  readonly namePlace: NamePlace;
  /** Of the known method; undefined for custom APIs. */
  readonly isUnary: boolean | undefined;
  readonly isOneRequest: boolean;
}

function readPath(path: string): PathFacts | undefined {
  const slash = path.indexOf("/", 1);
  if (!path.startsWith("/") || slash < 2 || slash === path.length - 1) return undefined;
  const known = knownMethodOfPath(path);
  // Where it is known, the same text that tables are asked with.
  const service = knownServiceNamed(path.slice(1, slash))?.service ?? path.slice(1, slash);
  return {
    isOwn: isOwnService(service),
    service,
    method: path.slice(slash + 1),
    isMonitored: known?.isSafetyMonitored === true,
    namePlace: known?.nameAt ?? "field-1",
    isUnary: known === undefined ? undefined : known.kind === "unary",
    isOneRequest: known?.kind === "unary" || known?.kind === "server-stream",
  };
}

function beginOwn(options: RouterOptions, start: CallStart, handle: CallHandle, facts: PathFacts): RoutedCall | Refusal {
  const { operations, inFlight } = options;
  const own = ownServiceFor(facts.service, start.caller);
  const isTracked = own?.isTracked === true && facts.method !== "StreamStatus";
  const isLimited = facts.service === ROBOT_SERVICE && !isOwnUnlimited(facts.method);
  const place = isLimited ? inFlight.place(ROBOT_SERVICE, "") : undefined;
  if (place !== undefined && !inFlight.enter(place)) return tooMany(inFlight.limit, place);
  const sessionId = start.header("viam-sid");
  const operation = isTracked ? operations.begin({ method: start.path, wantedId: start.header("opid"), sessionId, handle }) : undefined;
  const hasDefault = isTracked && !isOwnStream(facts.method);
  return {
    kind: "call",
    namePlace: "none",
    isOneRequest: false,
    isBackground: own?.isBackground === true,
    timeout: timeoutOf(start, hasDefault),
    operationId: operation === undefined ? undefined : idOf(operation),
    bind: (): Target => ({
      kind: "target",
      upstream: options.own,
      headers: {
        [CALLER_HEADER]: formatCaller(start.caller),
        [PEER_HEADER]: `${start.remoteAddress} ${start.localAddress}`,
      },
    }),
    end: () => {
      if (operation instanceof RunningOperation) operations.end(operation);
      if (place !== undefined) inFlight.leave(place);
    },
  };
}

function beginResource(options: RouterOptions, start: CallStart, handle: CallHandle, facts: PathFacts): RoutedCall | Refusal {
  const { operations, sessions } = options;
  // Unknown services are told at once: a stream's first message may be long in coming.
  if (!options.view.hasService(facts.service)) return unknownService(facts.service);
  const isWatched = facts.isMonitored && hasSessions(start.caller);
  const sessionId = isWatched ? start.header("viam-sid") : undefined;
  if (sessionId !== undefined && !sessions.beat(sessionId, formatCaller(start.caller))) {
    return refusal(Status.INVALID_ARGUMENT, SESSION_EXPIRED);
  }
  const operation = operations.begin({ method: start.path, wantedId: start.header("opid"), sessionId, handle });
  const timeout = timeoutOf(start, facts.isUnary === true);
  return new ResourceCall(options, facts, operation, { timeout, isWatched, sessionId });
}

/** What the caller allows; where it does not say, what we allow if there is a default. */
function timeoutOf(start: CallStart, hasDefault: boolean): Millis | undefined {
  const told = parseGrpcTimeout(start.header("grpc-timeout"));
  if (told !== undefined) return millis(told);
  return hasDefault ? DEFAULT_UNARY_TIMEOUT : undefined;
}

interface ResourceCallFacts {
  readonly timeout: Millis | undefined;
  readonly isWatched: boolean;
  readonly sessionId: string | undefined;
}

class ResourceCall implements RoutedCall {
  readonly kind = "call";
  readonly isBackground = false;
  readonly timeout: Millis | undefined;
  readonly operationId: string;
  readonly #options: RouterOptions;
  readonly #facts: PathFacts;
  /** Undefined for one that another call began. */
  readonly #operation: RunningOperation | undefined;
  readonly #isWatched: boolean;
  readonly #sessionId: string | undefined;
  /** Where the call is counted, once it is known where it goes. */
  #place: Place | undefined;
  #since: Millis = millis(0);
  #isLimited = false;
  #upstream: Upstream | undefined;
  #busy: BusyCall | undefined;

  constructor(options: RouterOptions, facts: PathFacts, operation: RunningOperation | string, call: ResourceCallFacts) {
    this.#options = options;
    this.#facts = facts;
    this.operationId = idOf(operation);
    this.#operation = operation instanceof RunningOperation ? operation : undefined;
    this.#isWatched = call.isWatched;
    this.#sessionId = call.sessionId;
    this.timeout = call.timeout;
  }

  get namePlace(): NamePlace {
    return this.#facts.namePlace;
  }

  get isOneRequest(): boolean {
    return this.#facts.isOneRequest;
  }

  bind(name: string): Target | Refusal {
    const { service, isUnary } = this.#facts;
    const { view, inFlight, clock, sessions, busy } = this.#options;
    if (name === "") return nameMissing(this.#facts);
    const route = view.route(service, name);
    if (route.kind !== "module") return refusalOf(route, service);
    const place = inFlight.place(service, name);
    if (isUnary !== false) {
      if (!inFlight.enter(place)) return tooMany(inFlight.limit, place);
      this.#isLimited = true;
    }
    this.#place = place;
    this.#since = clock.now();
    if (this.#isWatched) sessions.associate({ service, name }, this.#sessionId);
    const upstream = upstreamOf(route);
    // Streams wait rather than work.
    if (isUnary !== false) this.#busy = busy?.enter(upstream.key, isUnary === undefined);
    this.#upstream = upstream;
    return { kind: "target", upstream };
  }

  end(isOk: boolean = true): void {
    const { operations, inFlight, onCallEnd, clock, busy } = this.#options;
    if (this.#operation !== undefined) operations.end(this.#operation);
    if (this.#place === undefined) return;
    if (this.#isLimited) inFlight.leave(this.#place);
    onCallEnd?.(this.#place.key, millis(clock.now() - this.#since), isOk);
    if (this.#busy !== undefined && this.#upstream !== undefined) busy?.leave(this.#upstream.key, this.#busy);
  }
}

function idOf(operation: RunningOperation | string): string {
  return typeof operation === "string" ? operation : operation.id;
}

/** On parent sockets sessions can be started, but nothing is attached to them. */
function hasSessions(caller: Caller): boolean {
  return caller.kind !== "module";
}

function refusalOf(route: Exclude<Route, { kind: "module" }>, service: string): Refusal {
  switch (route.kind) {
    case "unknown-service":
      return unknownService(service);
    case "unknown-resource":
      return refusal(Status.UNKNOWN, route.message);
    case "unavailable":
      return refusal(route.isModuleDown ? Status.UNAVAILABLE : Status.UNKNOWN, route.message);
  }
}

function nameMissing({ service, method, namePlace }: PathFacts): Refusal {
  const where = namePlace === "field-1.1" ? "field 1 of the message in field 1" : "field 1";
  return refusal(
    Status.UNKNOWN,
    `unable to determine resource name: expected the name of a resource as text in ${where} of the first message of /${service}/${method}, found none`,
  );
}

function unknownService(service: string): Refusal {
  return refusal(Status.UNIMPLEMENTED, `unknown service ${service}: neither the machine nor a resource of its config offers it`);
}

function tooMany(limit: number, { key }: Place): Refusal {
  return refusal(
    Status.RESOURCE_EXHAUSTED,
    `exceeded request limit ${limit} on resource ${key}: wait for answers before asking again, or raise VIAM_RESOURCE_REQUESTS_LIMIT`,
  );
}

function refusal(code: Status, message: string): Refusal {
  return { kind: "refusal", code, message };
}
