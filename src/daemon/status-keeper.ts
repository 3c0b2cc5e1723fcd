/** Keeps the last state of every module and resource in the store, so that the next start knows in what state this one was when its power went. */
import type { JsonObject } from "../base/json.js";
import type { MachineStatus, ResourceStatus } from "../machine/machine-status.js";
import type { ModuleStatus } from "../module/module-host.js";
import type { StatusRecord, StatusRecords } from "../store/status-records.js";

export class StatusKeeper {
  #records: StatusRecords | undefined;
  #before: readonly StatusRecord[] = [];
  /** What the store has, by kind and name: only what differs is written. */
  #kept = new Map<string, StatusRecord>();

  /** As the start before this one left it. */
  get before(): readonly StatusRecord[] {
    return this.#before;
  }

  /** From now on `keep` writes; the first time everything. */
  attach(records: StatusRecords): void {
    this.#before = records.all();
    this.#kept = new Map(this.#before.map((record) => [keyOf(record), record]));
    this.#records = records;
  }

  keep({ modules, resources }: MachineStatus): void {
    if (this.#records === undefined) return;
    const gone = new Map(this.#kept);
    for (const record of [...modules.map(toModuleRecord), ...resources.map(toResourceRecord)]) {
      const key = keyOf(record);
      gone.delete(key);
      const kept = this.#kept.get(key);
      if (kept?.changedAt.getTime() === record.changedAt.getTime() && kept.state === record.state) continue;
      this.#kept.set(key, record);
      this.#records.set(record);
    }
    for (const [key, { kind, name }] of gone) {
      this.#kept.delete(key);
      this.#records.forget(kind, name);
    }
  }
}

function keyOf({ kind, name }: StatusRecord): string {
  return `${kind} ${name}`;
}

function toModuleRecord({ name, state, since, pid, restarts, lastFailure }: ModuleStatus): StatusRecord {
  const detail: JsonObject = {
    restarts,
    ...(pid === undefined ? {} : { pid }),
    ...(lastFailure === undefined ? {} : { cause: lastFailure.kind, error: lastFailure.message }),
  };
  return { kind: "module", name, state, changedAt: since, detail };
}

function toResourceRecord({ name, state, since, module, error, waitsFor }: ResourceStatus): StatusRecord {
  const detail: JsonObject = {
    ...(module === undefined ? {} : { module }),
    ...(error === undefined ? {} : { error }),
    ...(waitsFor.length === 0 ? {} : { waits_for: waitsFor }),
  };
  return { kind: "resource", name, state, changedAt: since, detail };
}
