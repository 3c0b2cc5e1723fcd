/** Answers the command line on the control socket: turns what the daemon knows into the messages of pinion.control.v1. */
import type { Millis } from "../base/millis.js";
import type { LeaseStatus } from "../machine/lease-book.js";
import type { MachineStatus, ResourceStatus } from "../machine/machine-status.js";
import type { ModuleStatus } from "../module/module-host.js";
import type { NetworkReport } from "../proto/gen/pinion/control/v1/access.js";
import type {
  ConfigEntry,
  ConfigReport,
  GetStatusResponse,
  HardwareLease,
  MetricSample as MetricSampleMessage,
  ModuleReport,
  Problem,
  ResourceReport,
} from "../proto/gen/pinion/control/v1/control.js";
import { apiTextOf } from "../resource/resource-name.js";
import type { JournalEntry } from "../store/config-journal.js";
import type { MetricSample } from "../store/metric-log.js";
import type { AppliedConfig, LocatedProblem } from "./config-controller.js";

export interface DaemonFacts {
  readonly version: string;
  readonly startedAt: Date;
  readonly isStopping: boolean;
  readonly confirmRemaining: Millis | undefined;
}

export function toStatusResponse(
  facts: DaemonFacts,
  machine: MachineStatus,
  applied: AppliedConfig,
  network: NetworkReport,
): GetStatusResponse {
  return {
    state: facts.isStopping ? "stopping" : machine.state,
    version: facts.version,
    pid: process.pid,
    startedAt: facts.startedAt,
    config: toConfigReport(applied, facts.confirmRemaining),
    modules: machine.modules.map(toModuleReport),
    resources: machine.resources.map(toResourceReport),
    network,
  };
}

export function toProblem(problem: LocatedProblem): Problem {
  return {
    jsonPath: problem.path,
    message: problem.message,
    severity: problem.severity,
    line: problem.line ?? 0,
    column: problem.column ?? 0,
  };
}

export function toConfigEntry(entry: JournalEntry): ConfigEntry {
  const { generation, appliedAt, via, who, summary, isKnownGood, source, text, sha256 } = entry;
  return { generation: BigInt(generation), appliedAt, via, who, summary, knownGood: isKnownGood, path: source, text, sha256 };
}

export function toMetricSample({ time, bootId, uptime, data }: MetricSample): MetricSampleMessage {
  return { time, bootId, uptime: BigInt(Math.floor(uptime)), dataJson: JSON.stringify(data) };
}

export function toHardwareLease({ owner, claim, item, key, refusal }: LeaseStatus): HardwareLease {
  return { owner, kind: claim.kind, item, key, part: claim.part ?? "", shared: claim.isShared ?? false, refusal: refusal ?? "" };
}

function toConfigReport(applied: AppliedConfig, confirmRemaining: Millis | undefined): ConfigReport {
  return {
    path: applied.path ?? "",
    revision: applied.revision,
    generation: BigInt(applied.generation),
    appliedAt: applied.at,
    source: applied.source,
    problems: applied.problems.map(toProblem),
    reason: applied.reason ?? "",
    // 0 would say that nothing is waited for.
    confirmRemainingMs: confirmRemaining === undefined ? 0n : BigInt(Math.max(1, Math.round(confirmRemaining))),
  };
}

function toModuleReport(module: ModuleStatus): ModuleReport {
  return {
    name: module.name,
    state: module.state,
    pid: module.pid ?? 0,
    executable: module.config.executablePath,
    models: module.handlers.flatMap((handler) => handler.models.map((model) => ({ api: handler.api, model }))),
    consecutiveFailures: module.consecutiveFailures,
    restarts: module.restarts,
    lastError: module.lastFailure?.message ?? "",
    lastOutput: [...module.lastOutput],
    since: module.since,
    socket: module.address ?? "",
    builtin: module.config.isBuiltin,
    notice: [
      ...(module.limitsProblem === undefined ? [] : [`its limits are not enforced: ${module.limitsProblem}`]),
      ...(module.standIn === undefined ? [] : [module.standIn]),
    ].join("; "),
    lastCause: module.lastFailure?.kind ?? "",
  };
}

function toResourceReport(resource: ResourceStatus): ResourceReport {
  return {
    name: resource.name,
    api: apiTextOf(resource.name),
    model: resource.model ?? "",
    module: resource.module ?? "",
    state: resource.state,
    error: resource.error ?? "",
    since: resource.since,
    revision: resource.revision,
    dependencies: [...resource.dependencies],
    optionalDependencies: [...resource.optionalDependencies],
    waitsFor: [...resource.waitsFor],
    notice: resource.notice ?? "",
  };
}
