/**
 * Which process runs for which module, so that the next start finds what a killed supervisor left behind. Written without waiting
 * for the disk: a power cut that loses the record has ended the process as well.
 */
import type { Row, SqliteFile } from "./sqlite-file.js";

export interface ModuleProcess {
  readonly module: string;
  readonly pid: number;
  /** The process's start time as the system counts it: with the pid and the boot it names one process for ever. */
  readonly processStart: string;
  readonly bootId: string;
  readonly executable: string;
  readonly socket: string;
  readonly startedAt: Date;
}

export interface ModuleProcesses {
  /** Replaces the module's record. STORE_FAILED. */
  record(process: ModuleProcess): void;
  all(): readonly ModuleProcess[];
  /** STORE_FAILED. */
  forget(module: string): void;
}

export function createModuleProcesses(file: SqliteFile): ModuleProcesses {
  return {
    record(process) {
      file.transaction("batched", () =>
        file.run(
          "INSERT OR REPLACE INTO module_processes VALUES (?, ?, ?, ?, ?, ?, ?)",
          process.module,
          process.pid,
          process.processStart,
          process.bootId,
          process.executable,
          process.socket,
          process.startedAt.getTime(),
        ),
      );
    },
    all: () => file.all("SELECT * FROM module_processes ORDER BY module").map(toProcess),
    forget(module) {
      if (file.get("SELECT 1 FROM module_processes WHERE module = ?", module) === undefined) return;
      file.transaction("batched", () => file.run("DELETE FROM module_processes WHERE module = ?", module));
    },
  };
}

function toProcess(row: Row): ModuleProcess {
  return {
    module: String(row["module"]),
    pid: Number(row["pid"]),
    processStart: String(row["process_start"]),
    bootId: String(row["boot_id"]),
    executable: String(row["executable"]),
    socket: String(row["socket"]),
    startedAt: new Date(Number(row["started_at"])),
  };
}
