/** The handlers of the control socket: each asks the part of the daemon that knows, and turns the answer into a message. */
import { PinionError } from "../base/errors.js";
import { type Millis, millis } from "../base/millis.js";
import type { LeaseStatus } from "../machine/lease-book.js";
import type { MachineStatus } from "../machine/machine-status.js";
import type { NetworkReport } from "../proto/gen/pinion/control/v1/access.js";
import type { ApplyConfigResponse, ControlServiceDefinition, GetStatusResponse } from "../proto/gen/pinion/control/v1/control.js";
import type { ServiceHandlers } from "../proto/service.js";
import type { JournalEntry } from "../store/config-journal.js";
import type { MetricSample } from "../store/metric-log.js";
import type { Store } from "../store/open-store.js";
import type { StatusRecord } from "../store/status-records.js";
import type { ChangeOutcome } from "./config-changes.js";
import type { AppliedConfig } from "./config-controller.js";
import type { ConfigKeeper } from "./config-keeper.js";
import { toConfigEntry, toHardwareLease, toMetricSample, toProblem, toStatusResponse } from "./control-service.js";
import { streamEvents, toSince } from "./event-stream.js";
import { streamLogs } from "./log-archive.js";

export interface ControlParts {
  readonly version: string;
  readonly startedAt: Date;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  isStopping(): boolean;
  status(): MachineStatus;
  configs(): ConfigKeeper;
  openStore(): Promise<Store>;
  sampleNow(): Promise<MetricSample>;
  /** As the start before this one left it. */
  statusBefore(): readonly StatusRecord[];
  /** Where and how clients connect. */
  network(): NetworkReport;
  /** Who claims which hardware. */
  leases(): readonly LeaseStatus[];
}

const DEFAULT_SAMPLES = 60;

export function createControlHandlers(parts: ControlParts): ServiceHandlers<typeof ControlServiceDefinition> {
  const { configs, openStore } = parts;
  const status = (): GetStatusResponse =>
    toStatusResponse(
      {
        version: parts.version,
        startedAt: parts.startedAt,
        isStopping: parts.isStopping(),
        confirmRemaining: configs().confirmRemaining(),
      },
      parts.status(),
      configs().applied,
      parts.network(),
    );
  return {
    getStatus: status,
    getHardware: () => ({ leases: parts.leases().map(toHardwareLease) }),
    streamLogs: async function* (request, { signal }) {
      const { logs } = await openStore();
      yield* streamLogs(logs, request, signal);
    },
    reload: async ({ who }) => {
      const { isChanged, problems } = configs().controller.reload({ via: "reload", who });
      // Whoever is told that the config is in force can count on it.
      if (isChanged) await configs().controller.journal();
      return { changed: isChanged, problems: problems.map(toProblem) };
    },
    applyConfig: async ({ text, who, force, confirmWithinMs }) =>
      toApplyResponse(await configs().changes.apply(text, { who, isForced: force, ...confirmTime(confirmWithinMs) })),
    rollBackConfig: async ({ generation, who, confirmWithinMs }) =>
      toApplyResponse(
        await configs().changes.rollBack(generation === 0n ? undefined : Number(generation), { who, ...confirmTime(confirmWithinMs) }),
      ),
    confirmConfig: async ({ who }) => {
      const { generation, regressions } = await configs().changes.confirm(who);
      return { generation: BigInt(generation), regressions: [...regressions] };
    },
    listConfigs: async () => {
      const { journal } = await openStore();
      const entries = journal.entries().map((entry) => toConfigEntry({ ...entry, text: "" }));
      return { entries, current: BigInt(currentGeneration(configs().applied, journal.entries())) };
    },
    getConfig: async ({ generation }) => {
      const { journal } = await openStore();
      const wanted = generation === 0n ? currentGeneration(configs().applied, journal.entries()) : Number(generation);
      const entry = journal.entry(wanted);
      if (entry !== undefined) return toConfigEntry(entry);
      if (generation === 0n) return toConfigEntry(unrecorded(configs().applied));
      throw new PinionError("USAGE", `generation ${generation} is not in the journal; \`pinion config history\` lists what is`);
    },
    streamEvents: async function* (request, { signal }) {
      const { events } = await openStore();
      yield* streamEvents(events, request, signal);
    },
    getMetrics: async (request) => {
      const { metrics } = await openStore();
      const now = await parts.sampleNow();
      const samples = metrics.query({ ...toSince(request), limit: request.limit === 0 ? DEFAULT_SAMPLES : request.limit });
      return { samples: [...samples, now].map(toMetricSample) };
    },
    collectBlackbox: async function* () {
      const { collectBlackbox } = await import("./blackbox.js");
      const { env, home } = parts;
      yield* collectBlackbox({
        status: status(),
        applied: configs().applied,
        env,
        home,
        store: await openStore(),
        now: await parts.sampleNow(),
        statusBefore: parts.statusBefore(),
      });
    },
  };
}

function confirmTime(ms: bigint): { readonly confirmWithin?: Millis } {
  return ms === 0n ? {} : { confirmWithin: millis(Number(ms)) };
}

function toApplyResponse({ isApplied, problems, generation, summary, regressions, isSettled }: ChangeOutcome): ApplyConfigResponse {
  return {
    applied: isApplied,
    problems: problems.map(toProblem),
    generation: BigInt(generation),
    summary,
    regressions: [...regressions],
    unsettled: !isSettled,
  };
}

/** 0 when what runs is not in the journal: the default machine, or nothing. */
function currentGeneration(applied: AppliedConfig, entries: readonly JournalEntry[]): number {
  const current = entries.findLast(({ generation }) => generation === applied.generation);
  return current?.sha256 === applied.sha256 ? current.generation : 0;
}

function unrecorded({ text, sha256, at, path, origin }: AppliedConfig): JournalEntry {
  return { generation: 0, appliedAt: at, source: path ?? "", sha256, text, isKnownGood: false, ...origin };
}
