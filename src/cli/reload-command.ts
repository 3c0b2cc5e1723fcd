/** `pinion reload`: makes the daemon read its config file now and prints what is wrong with it. */

import { ControlServiceDefinition } from "../proto/gen/pinion/control/v1/control.js";
import { type Command, ExitCode } from "./command.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { countProblems, formatProblem } from "./problem.js";
import { styleOf } from "./style.js";
import { whoAsks } from "./who.js";

const RELOAD_TIMEOUT_MS = 30_000;

export const reloadCommand: Command = {
  name: "reload",
  summary: "read the config file again now",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [HOME_OPTION],
  details: `
The file is watched, so this is seldom needed. Exits 1 when the file has errors; what they name goes on as it was.
When the daemon has given a config up at the start (see \`pinion help config\`), this tries it again.`,
  run(line, ports) {
    return withDaemon(line, ports, async (daemon) => {
      const style = styleOf(ports);
      const { problems, changed } = await daemon
        .client(ControlServiceDefinition)
        .reload({ who: whoAsks(ports) }, { timeout: RELOAD_TIMEOUT_MS });
      for (const problem of problems) ports.out.write(`${formatProblem({ ...problem, path: problem.jsonPath }, style)}\n`);
      const { errors, text } = countProblems(problems);
      ports.out.write(`${changed ? "config changed" : "config unchanged"}${text === "" ? "" : `; ${text}`}\n`);
      return errors > 0 ? ExitCode.FAILURE : ExitCode.OK;
    });
  },
};
