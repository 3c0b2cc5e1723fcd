/** The table of commands. Each is loaded when it is called, so that none pays for another. */
import type { Command } from "./command.js";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: "run", summary: "run a machine in the foreground", load: async () => (await import("./run-command.js")).runCommand },
  { name: "status", summary: "show modules and resources", load: async () => (await import("./status-command.js")).statusCommand },
  { name: "call", summary: "call a method of a resource", load: async () => (await import("./call-command.js")).callCommand },
  {
    name: "hardware",
    summary: "show GPIO lines, buses and ports, and who has them",
    load: async () => (await import("./hardware-command.js")).hardwareCommand,
  },
  { name: "logs", summary: "show the log", load: async () => (await import("./logs-command.js")).logsCommand },
  { name: "restart", summary: "restart a module", load: async () => (await import("./restart-command.js")).restartCommand },
  { name: "reload", summary: "read the config file again now", load: async () => (await import("./reload-command.js")).reloadCommand },
  {
    name: "config",
    summary: "show, change and take back the config",
    load: async () => (await import("./config-command.js")).configCommand,
  },
  { name: "events", summary: "show what happened", load: async () => (await import("./events-command.js")).eventsCommand },
  { name: "metrics", summary: "show figures over time", load: async () => (await import("./metrics-command.js")).metricsCommand },
  {
    name: "blackbox",
    summary: "write all that a helper needs into one file",
    load: async () => (await import("./blackbox-command.js")).blackboxCommand,
  },
  { name: "auth", summary: "make, list and revoke API keys", load: async () => (await import("./auth-command.js")).authCommand },
  { name: "validate", summary: "check a config file", load: async () => (await import("./validate-command.js")).validateCommand },
  {
    name: "schema",
    summary: "print the JSON Schema of config files",
    load: async () => (await import("./schema-command.js")).schemaCommand,
  },
  {
    name: "completion",
    summary: "print a shell's completion script",
    load: async () => (await import("./completion-command.js")).completionCommand,
  },
];

export function findCommand(name: string): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}
