/** The environment of a module's process and of its first_run script. */
import path from "node:path";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";

export interface EnvironmentInput {
  /** The supervisor's own environment: modules inherit it. */
  readonly base: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly config: ModuleConfig;
  readonly dataFolder: string;
  /** Where the module was unpacked to, or its executable's folder. */
  readonly moduleRoot: string;
  readonly apiKey: ApiKey | undefined;
  /** Left out for first_run. */
  readonly address?: string;
}

// They speak of the supervisor's own relation to systemd; a module that answered in its place would confuse the watchdog.
const WITHHELD = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

export function moduleEnvironment(input: EnvironmentInput): Readonly<Record<string, string>> {
  const { base, home, config, dataFolder, moduleRoot, apiKey, address } = input;
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !WITHHELD.includes(name)) env[name] = value;
  }
  env["VIAM_HOME"] = home;
  env["VIAM_MODULE_NAME"] = config.name;
  env["VIAM_MODULE_DATA"] = dataFolder;
  if (config.type === "local") env["VIAM_MODULE_ROOT"] = moduleRoot;
  if (config.type === "registry" && config.moduleId !== undefined) env["VIAM_MODULE_ID"] = config.moduleId;
  if (apiKey !== undefined) {
    env["VIAM_API_KEY_ID"] = apiKey.id;
    env["VIAM_API_KEY"] = apiKey.key;
  }
  Object.assign(env, config.env);
  // Last: nothing may move it, since the supervisor connects there.
  if (address !== undefined) env["VIAM_MODULE_ADDRESS"] = address;
  return env;
}

/** VIAM_MODULE_ROOT where there is one, so that the config can move it; else the executable's folder. */
export function workingFolder(env: Readonly<Record<string, string>>, executable: string): string {
  const root = env["VIAM_MODULE_ROOT"];
  return root === undefined || root === "" ? path.dirname(executable) : root;
}
