/** `pinion blackbox`: one file with all that somebody who helps from afar needs. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { messageOf } from "../base/errors.js";
import { ControlServiceDefinition, type GetStatusResponse } from "../proto/gen/pinion/control/v1/control.js";
import { CliError, type CliPorts, type Command, ExitCode } from "./command.js";
import { withDaemon } from "./daemon-client.js";
import { explainStatus } from "./explain-status.js";
import { HOME_OPTION } from "./home.js";
import { toStatusJson } from "./status-command.js";
import { formatStatus } from "./status-report.js";
import { styleOf } from "./style.js";
import { type TarFile, tar } from "./tar.js";

const COLLECT_TIMEOUT_MS = 60_000;

export const blackboxCommand: Command = {
  name: "blackbox",
  summary: "write all that a helper needs into one file",
  usage: "[FILE]",
  positionals: { min: 0, max: 1 },
  completes: "file",
  options: [HOME_OPTION],
  details: `
FILE is a gzipped tar archive; default pinion-blackbox-DATE.tar.gz in the current folder. It holds the status with all reasons, the
config and its history, events, log, figures, what the modules printed last, and facts about the system. Passwords, keys, tokens and
values that look like them are removed, also where they stand in logs. Look through it before you hand it on all the same.`,
  run(line, ports) {
    const [given] = line.positionals;
    const time = ports.wall();
    const file = path.resolve(ports.cwd, given ?? `pinion-blackbox-${time.toISOString().replaceAll(/[:.]/g, "-").slice(0, 19)}.tar.gz`);
    return withDaemon(line, ports, async (daemon) => {
      const files: TarFile[] = [];
      const control = daemon.client(ControlServiceDefinition);
      for await (const { name, content, status } of control.collectBlackbox({}, { timeout: COLLECT_TIMEOUT_MS })) {
        if (status === undefined) files.push({ name: `blackbox/${name}`, content });
        else files.push(...statusFiles(status, ports));
      }
      writeArchive(file, gzipSync(tar(files, time)));
      ports.out.write(`${file}\n`);
      return ExitCode.OK;
    });
  },
};

function statusFiles(status: GetStatusResponse, { env, wall }: CliPorts): readonly TarFile[] {
  const style = styleOf({ env: { ...env, NO_COLOR: "1" }, isTty: false });
  const now = wall();
  const text = (name: string, content: string): TarFile => ({ name: `blackbox/${name}`, content: Buffer.from(`${content}\n`) });
  return [
    text("status.txt", formatStatus(status, style, now)),
    text("why.txt", explainStatus({ status, target: undefined, style, now })),
    text("status.json", toStatusJson(status)),
  ];
}

function writeArchive(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600 });
  } catch (error) {
    throw new CliError(ExitCode.FAILURE, `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}
