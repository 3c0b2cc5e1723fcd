/** `pinion run`: hands the options to the daemon. */
import path from "node:path";
import type { Command } from "./command.js";
import { HOME_OPTION, homeOf } from "./home.js";

export const runCommand: Command = {
  name: "run",
  summary: "run a machine in the foreground",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [
    { name: "config", short: "c", value: "FILE", summary: "the machine config; without one a simulated robot runs" },
    HOME_OPTION,
    { name: "log-format", value: "FORMAT", summary: "default: pretty on a terminal, json otherwise", choices: ["pretty", "json"] },
    { name: "debug", summary: "log everything" },
  ],
  details: `
The config file is watched: an edit takes effect at once. SIGHUP reads it again, SIGTERM and Ctrl-C end the machine,
a second one ends it without waiting. A config that is broken or gone at the start is replaced by the last good one,
and so is one with which the supervisor itself ended three times soon after its start; see \`pinion help config\`.`,
  async run(line, ports) {
    const config = line.text("config");
    const logFormat = line.text("log-format");
    return ports.run({
      home: homeOf(line, ports),
      isDebug: line.flag("debug"),
      ...(config === undefined ? {} : { config: path.resolve(ports.cwd, config) }),
      ...(logFormat === "pretty" || logFormat === "json" ? { logFormat } : {}),
    });
  },
};
