/** What is kept about the running machine: events and figures. One owner for the parts that collect them. */
import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import type { Machine } from "../machine/machine.js";
import type { ModuleStatus } from "../module/module-host.js";
import type { MetricSample } from "../store/metric-log.js";
import type { Store } from "../store/open-store.js";
import { CallMeter } from "./call-meter.js";
import { History } from "./history.js";
import { MachineEvents } from "./machine-events.js";
import { MetricSampler } from "./metric-sampler.js";
import { StatusKeeper } from "./status-keeper.js";

export interface RecorderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly home: string;
  /** Asked for only once the machine runs. */
  readonly machine: () => Machine;
}

export class Recorder {
  readonly history: History;
  readonly calls: CallMeter = new CallMeter();
  readonly statuses: StatusKeeper = new StatusKeeper();
  readonly #options: RecorderOptions;
  readonly #events: MachineEvents;
  readonly #sampler: MetricSampler;

  constructor(options: RecorderOptions) {
    const { clock, logger, home, machine } = options;
    this.#options = options;
    this.history = new History(clock);
    this.#events = new MachineEvents({
      clock,
      history: this.history,
      status: () => machine().status(),
      onLooked: (status) => this.statuses.keep(status),
    });
    this.#sampler = new MetricSampler({ clock, logger, home, modules: () => machine().status().modules, calls: this.calls });
  }

  /** The machine is there. */
  watch(): void {
    this.#options.machine().onChange(() => this.#events.onChange());
  }

  onModule(status: ModuleStatus): void {
    this.#events.onModule(status);
    this.#events.onChange();
  }

  startKeeping({ metrics, statuses }: Store): void {
    this.statuses.attach(statuses);
    this.statuses.keep(this.#options.machine().status());
    this.#sampler.start(metrics);
  }

  /** The figures of this moment. */
  sampleNow(): Promise<MetricSample> {
    return this.#sampler.now();
  }

  noteSettled(): void {
    const { resources } = this.#options.machine().status();
    const ready = resources.filter(({ state }) => state === "ready").length;
    this.#events.flush();
    this.history.tell("machine-settled", `${ready} of ${resources.length} resources are ready`);
  }

  /** What ends from now on ends because the supervisor does. */
  close(): void {
    this.#events.close();
    this.#sampler.close();
  }
}
