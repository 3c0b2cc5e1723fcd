/** `pinion hardware`: what is there and who has it; and the last resort that makes outputs safe. */
import { systemClock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import { silentLogger } from "../base/logger.js";
import { createHardware } from "../hardware/create-hardware.js";
import { SYSTEM_ROOTS } from "../hardware/roots.js";
import { createSafeOutputs } from "../hardware/safe/create-safe-outputs.js";
import { readSafeLevels } from "../hardware/safe/safe-levels-file.js";
import { ControlServiceDefinition, type HardwareLease } from "../proto/gen/pinion/control/v1/control.js";
import { describeAction } from "../resource/safe-action.js";
import { CliError, type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { assertListening, CALL_TIMEOUT_MS, withDaemon } from "./daemon-client.js";
import { formatHardware } from "./hardware-report.js";
import { controlSocketOf, HOME_OPTION, homeOf } from "./home.js";
import { usageError } from "./parse-command-line.js";
import { readHardware } from "./read-hardware.js";
import { styleOf } from "./style.js";

export const hardwareCommand: Command = {
  name: "hardware",
  summary: "show GPIO lines, buses and ports, and who has them",
  usage: "[safe]",
  positionals: { min: 0, max: 1 },
  options: [
    { name: "lines", summary: "every GPIO line, not only those that somebody has" },
    { name: "json", summary: "print everything as one JSON object" },
    HOME_OPTION,
  ],
  details: `
Shows the board, GPIO chips with the lines that are taken, I2C buses with the devices that answer, serial ports, 1-Wire devices and PWM
chips; beside each, in green, the resource that has it. An I2C address that a resource has is not asked. Works without a daemon too; then
it is not known which resources have what.

  safe    drive the outputs of a killed daemon's resources to their safe levels. For ExecStopPost= of a service: while the daemon runs,
          it does so itself when a module dies, and after a stop in order (SERVICE_RESULT=success) there is nothing to do`,
  run(line, ports) {
    const [action] = line.positionals;
    if (action === undefined) return show(line, ports);
    if (action === "safe") return makeSafe(line, ports);
    throw usageError(hardwareCommand, `there is no "${action}"; expected "safe" or nothing`);
  },
};

async function show(line: CommandLine, ports: CliPorts): Promise<number> {
  const leases = await readLeases(line, ports);
  await using hardware = createHardware();
  const listing = await readHardware({ hardware, roots: SYSTEM_ROOTS, leases });
  if (line.flag("json")) ports.out.write(`${JSON.stringify(listing, undefined, 2)}\n`);
  else ports.out.write(`${formatHardware(listing, { style: styleOf(ports), isEveryLine: line.flag("lines") })}\n`);
  return ExitCode.OK;
}

/** Or why they are not known. */
async function readLeases(line: CommandLine, ports: CliPorts): Promise<readonly HardwareLease[] | string> {
  try {
    return await withDaemon(line, ports, async (daemon) => {
      const { leases } = await daemon.client(ControlServiceDefinition).getHardware({}, { timeout: CALL_TIMEOUT_MS });
      return leases;
    });
  } catch (error) {
    return messageOf(error);
  }
}

async function makeSafe(line: CommandLine, ports: CliPorts): Promise<number> {
  if (ports.env["SERVICE_RESULT"] === "success") return ExitCode.OK;
  const home = homeOf(line, ports);
  if (await isRunning(controlSocketOf(home))) {
    throw new CliError(
      ExitCode.FAILURE,
      "the daemon runs and looks after its outputs itself; `pinion restart MODULE` has a module start anew",
    );
  }
  const levels = readSafeLevels(home);
  if (levels.size === 0) {
    ports.out.write("no resource has an output with a safe level\n");
    return ExitCode.OK;
  }
  await using outputs = createSafeOutputs({ clock: systemClock, logger: silentLogger });
  const done = await Promise.all(
    [...levels].map(async ([resource, actions]) => ({ resource, actions, failures: await outputs.perform(resource, actions) })),
  );
  let isSafe = true;
  for (const { resource, actions, failures } of done) {
    for (const action of actions) {
      const failure = failures.find((candidate) => candidate.action === action);
      if (failure !== undefined) isSafe = false;
      const outcome = failure === undefined ? "done" : `FAILED: ${messageOf(failure.error)}`;
      ports.out.write(`${resource}: ${describeAction(action)}: ${outcome}\n`);
    }
  }
  return isSafe ? ExitCode.OK : ExitCode.FAILURE;
}

async function isRunning(socket: string): Promise<boolean> {
  try {
    await assertListening(socket);
    return true;
  } catch {
    return false; // nobody listens
  }
}
