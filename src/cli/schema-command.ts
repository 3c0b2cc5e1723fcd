/** `pinion schema`: the JSON Schema of machine configs, for editors. */
import { type Command, ExitCode } from "./command.js";

export const schemaCommand: Command = {
  name: "schema",
  summary: "print the JSON Schema of config files",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [],
  details: 'Editors complete and check a config that begins with { "$schema": "FILE" }, FILE being this output.',
  async run(_line, ports) {
    const { machineJsonSchema } = await import("../config/schema.js");
    ports.out.write(`${JSON.stringify(await machineJsonSchema(), null, 2)}\n`);
    return ExitCode.OK;
  },
};
