/** Where the daemon's files and socket are. */
import path from "node:path";
import type { CliPorts, CommandLine, CommandOption } from "./command.js";

export const HOME_OPTION: CommandOption = {
  name: "home",
  value: "DIR",
  summary: "the daemon's home folder; default $VIAM_HOME or ~/.viam",
};

/** Absolute. */
export function homeOf(line: CommandLine, ports: CliPorts): string {
  const given = line.text("home") ?? nonEmpty(ports.env["VIAM_HOME"]);
  return given === undefined ? path.join(ports.userHome, ".viam") : path.resolve(ports.cwd, given);
}

export function controlSocketOf(home: string): string {
  return path.join(home, "pinion.sock");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
