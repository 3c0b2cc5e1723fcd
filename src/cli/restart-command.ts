/** `pinion restart`: asks the daemon to stop and start a module. */
import { type Command, ExitCode } from "./command.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";

// The answer may wait until the module's resources are removed.
const RESTART_TIMEOUT_MS = 60_000;

export const restartCommand: Command = {
  name: "restart",
  summary: "restart a module",
  usage: "MODULE",
  positionals: { min: 1, max: 1 },
  options: [HOME_OPTION],
  details: "Its resources are built again, and what depends on them too.",
  run(line, ports) {
    const [module = ""] = line.positionals;
    return withDaemon(line, ports, async (daemon) => {
      const { RobotServiceDefinition } = await import("../proto/gen/viam/robot/v1/robot.js");
      await daemon
        .client(RobotServiceDefinition)
        .restartModule({ idOrName: { $case: "moduleName", value: module } }, { timeout: RESTART_TIMEOUT_MS });
      ports.out.write(`restarting ${module}\n`);
      return ExitCode.OK;
    });
  },
};
