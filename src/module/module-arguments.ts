/** The arguments of a module's process. Their order is part of the protocol: Go modules look for the level at the second place only. */
import type { ModuleConfig } from "../config/machine-config.js";

export function moduleArguments(config: ModuleConfig, address: ModuleAddress): readonly string[] {
  const level = config.logLevel === undefined ? [] : [`--log-level=${config.logLevel}`];
  return [address.text, ...level, ...(address.isTcp ? ["--tcp-mode"] : [])];
}

/** Where a module listens. */
export interface ModuleAddress {
  /** A socket path, or 127.0.0.1:port. */
  readonly text: string;
  readonly isTcp: boolean;
}
