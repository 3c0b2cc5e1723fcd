/** A log entry of a module as the daemon's log takes it. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { parseLogLevel } from "../../base/logger.js";
import type { LogEntry } from "../../proto/gen/viam/common/v1/common.js";
import type { LogRequest } from "../../proto/gen/viam/robot/v1/robot.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { RemoteLogEntry } from "../server-ports.js";

/** The one entry of the request. */
export function toRemoteLogEntry({ logs }: LogRequest): RemoteLogEntry {
  const [entry, ...rest] = logs;
  if (entry === undefined || rest.length > 0) {
    throw new RpcError(Status.UNKNOWN, `logs: expected exactly one log entry, got ${logs.length}`);
  }
  const level = parseLogLevel(entry.level);
  if (level === undefined) {
    throw new RpcError(
      Status.UNKNOWN,
      `logs[0].level: expected trace, debug, info, warn, error, critical, fatal or panic, got "${entry.level}"`,
    );
  }
  return {
    level,
    loggerName: entry.loggerName,
    message: entry.message,
    time: entry.time,
    stack: entry.stack,
    source: sourceOf(entry.caller),
    fields: Object.assign({}, ...entry.fields.map(toFields)),
  };
}

function sourceOf(caller: LogEntry["caller"]): string | undefined {
  const file = caller?.["File"];
  if (typeof file !== "string" || file === "") return undefined;
  const line = caller?.["Line"];
  return typeof line === "number" ? `${file}:${line}` : file;
}

// The kinds of a zap field that carry their value in a number.
const ZAP_BOOL = 4;
const ZAP_DURATION = 8;
const ZAP_FLOAT64 = 9;
const NANOS_PER_MILLI = 1e6;

/** Go modules send the parts of a zap field; everybody else sends the fields themselves. */
function toFields(sent: Readonly<Record<string, unknown>>): JsonObject {
  const key = sent["Key"];
  if (typeof key !== "string" || !("Type" in sent)) return sent as JsonObject; // decoded from a Struct, which is JSON
  return { [key]: zapValue(sent) };
}

function zapValue(field: Readonly<Record<string, unknown>>): JsonValue {
  const { Type: type, Integer: integer, String: text, Interface: other } = field;
  if (typeof text === "string" && text !== "") return text;
  if (other !== undefined && other !== null && !(isJsonObject(other) && Object.keys(other).length === 0)) return other as JsonValue; // as above
  if (typeof integer !== "number") return text === "" ? "" : null;
  if (type === ZAP_BOOL) return integer === 1;
  if (type === ZAP_DURATION) return `${integer / NANOS_PER_MILLI}ms`;
  if (type === ZAP_FLOAT64) return Number.isInteger(integer) ? floatFromBits(integer) : integer;
  return type === ZAP_STRING && integer === 0 ? "" : integer;
}

const ZAP_STRING = 15;

/** zap keeps a float's bits in its integer. */
function floatFromBits(bits: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(bits));
  const value = view.getFloat64(0);
  return Number.isFinite(value) ? value : bits;
}
