/** What a module is started with: arguments and environment. */
import { type LogLevel, parseLogLevel } from "../base/logger.js";

export interface ModuleArguments {
  /** Socket path or 127.0.0.1:port to listen on. */
  readonly address: string;
  readonly logLevel: LogLevel;
  /** VIAM_MODULE_NAME, or "module". */
  readonly name: string;
  /** VIAM_MODULE_DATA: a folder of the module's own that outlives it. */
  readonly dataFolder: string | undefined;
  /** VIAM_NO_MODULE_PARENT: nobody is there to be called or logged to. */
  readonly hasParent: boolean;
}

/**
 * `argv` is what follows the program: the address, then `--log-level=LEVEL` and `--tcp-mode` in any order. Unknown arguments are
 * left alone, as other SDKs do. VIAM_MODULE_ADDRESS wins over the argument. Throws when there is no address.
 */
export function parseModuleArguments(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ModuleArguments {
  const address = env["VIAM_MODULE_ADDRESS"] || argv.find((argument) => !argument.startsWith("-"));
  if (address === undefined) {
    throw new TypeError("expected the socket to listen on as the first argument; a module is started by its supervisor");
  }
  const levelText = argv.find((argument) => argument.startsWith("--log-level="))?.slice("--log-level=".length);
  return {
    address,
    logLevel: (levelText === undefined ? undefined : parseLogLevel(levelText)) ?? "info",
    name: env["VIAM_MODULE_NAME"] || "module",
    dataFolder: env["VIAM_MODULE_DATA"] || undefined,
    hasParent: env["VIAM_NO_MODULE_PARENT"]?.toLowerCase() !== "true",
  };
}
