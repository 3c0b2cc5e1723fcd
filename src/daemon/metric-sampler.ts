/**
 * Takes a sample of all figures once a minute. It must not be felt: the processes are read in small portions, and what the kernel has to
 * work for (the proportional memory) is asked for in every fifth sample only.
 */
import { readBootId, readUptime } from "../base/boot-clock.js";
import type { Clock, Timer } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import { type Millis, minutes } from "../base/millis.js";
import type { ModuleStatus } from "../module/module-host.js";
import type { MetricLog, MetricSample } from "../store/metric-log.js";
import type { CallMeter } from "./call-meter.js";
import { countDescriptors, type GroupFigures, readGroups, readProcess, readPssKb, readWrittenBytes } from "./process-figures.js";
import { readSystemFigures } from "./system-figures.js";

export interface MetricSamplerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly home: string;
  readonly modules: () => readonly ModuleStatus[];
  readonly calls: CallMeter;
  readonly interval?: Millis;
}

const SAMPLE_INTERVAL: Millis = minutes(1);
const SAMPLES_PER_PSS = 5;

interface CpuReading {
  readonly at: Millis;
  readonly seconds: number;
}

export class MetricSampler {
  readonly #options: MetricSamplerOptions;
  /** By module; "" is the supervisor. */
  #cpu = new Map<string, CpuReading>();
  #count = 0;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: MetricSamplerOptions) {
    this.#options = options;
  }

  start(log: MetricLog): void {
    if (this.#isClosed) return;
    const { clock, logger, interval = SAMPLE_INTERVAL } = this.#options;
    const take = (): void => {
      this.#timer = undefined;
      this.#count += 1;
      this.#sample({ isPssWanted: this.#count % SAMPLES_PER_PSS === 1, calls: this.#options.calls.take() }).then(
        (sample) => {
          if (this.#isClosed) return;
          log.append(sample);
          this.start(log);
        },
        (error: unknown) => logger.warn({ error: messageOf(error) }, "figures cannot be taken any more"),
      );
    };
    this.#timer ??= clock.after(interval, take, { unref: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** The figures of this moment; what the minute counts goes on being counted. */
  now(): Promise<MetricSample> {
    return this.#sample({ isPssWanted: true, calls: this.#options.calls.peek() });
  }

  async #sample({ isPssWanted, calls }: { readonly isPssWanted: boolean; readonly calls: JsonObject }): Promise<MetricSample> {
    const { clock, home, modules } = this.#options;
    const running = modules().flatMap(({ name, pid, restarts }) => (pid === undefined ? [] : [{ name, pid, restarts }]));
    const groups = await readGroups(new Set(running.map(({ pid }) => pid)));
    const next = new Map<string, CpuReading>();
    const cpu = (name: string, seconds: number): JsonObject => {
      const reading = { at: clock.now(), seconds };
      next.set(name, reading);
      const percent = percentSince(this.#cpu.get(name), reading);
      return percent === undefined ? {} : { cpu_percent: percent };
    };
    const pss = (pid: number): JsonObject => {
      const kb = isPssWanted ? readPssKb(pid) : undefined;
      return kb === undefined ? {} : { pss_kb: kb };
    };
    const own = readProcess(process.pid);
    const data: JsonObject = {
      supervisor: {
        ...cpu("", own?.cpuSeconds ?? 0),
        rss_kb: own?.rssKb ?? 0,
        ...pss(process.pid),
        descriptors: countDescriptors(process.pid),
        written_kb: toKb(readWrittenBytes(process.pid)),
      },
      system: readSystemFigures(home),
      modules: Object.fromEntries(
        running.map(({ name, pid, restarts }) => {
          const { cpuSeconds, rssKb, processes, writtenBytes } = groups.get(pid) ?? NOTHING;
          return [name, { ...cpu(name, cpuSeconds), rss_kb: rssKb, ...pss(pid), processes, restarts, written_kb: toKb(writtenBytes) }];
        }),
      ),
      ...(Object.keys(calls).length === 0 ? {} : { calls }),
    };
    this.#cpu = next;
    return { time: clock.wall(), bootId: readBootId(), uptime: readUptime() / 1000, data };
  }
}

const NOTHING: GroupFigures = { cpuSeconds: 0, rssKb: 0, processes: 0, writtenBytes: 0 };

/** Of one processor. */
function percentSince(before: CpuReading | undefined, { at, seconds }: CpuReading): number | undefined {
  if (before === undefined || seconds < before.seconds || at <= before.at) return undefined;
  return Math.round(((seconds - before.seconds) / ((at - before.at) / 1000)) * 1000) / 10;
}

function toKb(bytes: number): number {
  return Math.round(bytes / 1024);
}
