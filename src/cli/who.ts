/** Who asks, for the history: the person behind sudo where there is one. A note for people, not a proof. */
import type { CliPorts } from "./command.js";

export function whoAsks({ env }: Pick<CliPorts, "env">): string {
  return [env["SUDO_USER"], env["USER"], env["LOGNAME"]].find((name) => name !== undefined && name !== "") ?? "";
}
