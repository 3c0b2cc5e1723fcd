/** `--since` and `--limit`, as several commands understand them. */
import { parseGoDuration } from "../base/go-duration.js";
import type { CliPorts, Command, CommandLine, CommandOption } from "./command.js";
import { usageError } from "./parse-command-line.js";

export const SINCE_OPTION: CommandOption = {
  name: "since",
  value: "WHEN",
  summary: "only since: 10m ago, or a time such as 2030-01-31T12:00:00",
};

export interface Since {
  /** 0 when nothing was said. */
  readonly sinceUnixMs: bigint;
  /** Only where a duration was given: the daemon then counts by the time since the boot, whatever the clock says. */
  readonly agoMs: bigint;
}

export function sinceOf(command: Command, line: CommandLine, ports: Pick<CliPorts, "wall">): Since {
  const text = line.text("since");
  if (text === undefined) return { sinceUnixMs: 0n, agoMs: 0n };
  const ago = parseGoDuration(text);
  const time = ago === undefined ? Date.parse(text) : ports.wall().getTime() - ago;
  if (Number.isNaN(time)) {
    throw usageError(command, `--since: expected a duration such as 10m, or a time such as 2030-01-31T12:00:00, got "${text}"`);
  }
  return { sinceUnixMs: BigInt(Math.round(time)), agoMs: ago === undefined ? 0n : BigInt(Math.max(1, Math.round(ago))) };
}

/** 0 when nothing was said. */
export function limitOf(command: Command, line: CommandLine): number {
  const text = line.text("limit");
  if (text === undefined) return 0;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(command, `--limit: expected a number from 1, got "${text}"`);
  return Number(text);
}
