/** `pinion auth`: API keys for clients. */
import { type AccessKey, AccessServiceDefinition, type CreateKeyResponse } from "../proto/gen/pinion/control/v1/access.js";
import type { ServiceClient } from "../proto/service.js";
import { type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { CALL_TIMEOUT_MS, withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { networkLines } from "./network-lines.js";
import { usageError } from "./parse-command-line.js";
import { type Style, styleOf } from "./style.js";
import { formatTable } from "./table.js";
import { formatAge, toDate } from "./timestamp.js";

interface Call {
  readonly access: ServiceClient<typeof AccessServiceDefinition>;
  readonly line: CommandLine;
  readonly ports: CliPorts;
  readonly id: string;
}

const ACTIONS: Readonly<Record<string, (call: Call) => Promise<number>>> = { create, list, revoke };
const TIMEOUT = { timeout: CALL_TIMEOUT_MS };

export const authCommand: Command = {
  name: "auth",
  summary: "make, list and revoke API keys",
  usage: "key create | key list | key revoke ID",
  positionals: { min: 2, max: 3 },
  options: [
    { name: "name", value: "NAME", summary: "create: what the key is for, to tell it from others" },
    { name: "role", value: "ROLE", summary: "create: what it allows; operator when left out", choices: ["operator", "viewer"] },
    { name: "open", summary: "revoke: the last key too, after which anybody may connect" },
    { name: "json", summary: "print one JSON object" },
    HOME_OPTION,
  ],
  details: `
  key create         makes a key and prints it; its secret is shown this once and kept nowhere
  key list           the keys there are, those of the config file too
  key revoke ID      whoever uses the key is out at once

An operator may do everything, a viewer only read. With the first key, clients must show one, other hosts may connect where
network.bind_address says so, and the port speaks TLS with a certificate made for this machine unless the config names one.
Keys in auth.handlers of the config file work beside these.`,
  run(line, ports) {
    const [noun = "", verb = "", id = ""] = line.positionals;
    const action = noun === "key" && Object.hasOwn(ACTIONS, verb) ? ACTIONS[verb] : undefined;
    if (action === undefined) throw usageError(authCommand, `expected key create, key list or key revoke ID, got "${noun} ${verb}"`);
    if ((verb === "revoke") !== (id !== ""))
      throw usageError(authCommand, verb === "revoke" ? "expected the ID of a key" : `got "${id}" too much`);
    return withDaemon(line, ports, (daemon) => action({ access: daemon.client(AccessServiceDefinition), line, ports, id }));
  },
};

async function create({ access, line, ports }: Call): Promise<number> {
  const answer = await access.createKey({ name: line.text("name") ?? "", role: line.text("role") ?? "" }, TIMEOUT);
  if (line.flag("json")) ports.out.write(`${JSON.stringify(keyJson(answer))}\n`);
  else ports.out.write(`${formatCreated(answer, styleOf(ports))}\n`);
  return ExitCode.OK;
}

async function list({ access, line, ports }: Call): Promise<number> {
  const { keys, network } = await access.listKeys({}, TIMEOUT);
  if (line.flag("json")) {
    ports.out.write(`${JSON.stringify({ keys: keys.map((key) => ({ ...key, createdAt: toDate(key.createdAt) })), network })}\n`);
    return ExitCode.OK;
  }
  const style = styleOf(ports);
  const head = ["ID", "ROLE", "AGE", "NAME"].map((text) => ({ text, paint: style.dim }));
  const rows = keys.map((key) => [
    { text: key.id },
    { text: key.role },
    { text: key.source === "config" ? "config" : formatAge(toDate(key.createdAt), ports.wall()) },
    { text: key.name },
  ]);
  const lines = keys.length === 0 ? [style.dim("no keys: clients connect without one")] : formatTable([head, ...rows]);
  ports.out.write(`${[...lines, "", ...networkLines(network, style)].join("\n")}\n`);
  return ExitCode.OK;
}

async function revoke({ access, line, ports, id }: Call): Promise<number> {
  const { network } = await access.revokeKey({ id, open: line.flag("open") }, TIMEOUT);
  if (line.flag("json")) ports.out.write(`${JSON.stringify({ id, network })}\n`);
  else ports.out.write(`${[`revoked ${id}`, ...networkLines(network, styleOf(ports))].join("\n")}\n`);
  return ExitCode.OK;
}

function formatCreated({ key, secret, network }: CreateKeyResponse, style: Style): string {
  return [
    `id      ${style.bold(key?.id ?? "")}`,
    `secret  ${style.bold(secret)}`,
    `role    ${key?.role ?? ""}`,
    "",
    "The secret is shown this once: put it where the client finds it.",
    ...networkLines(network, style),
  ].join("\n");
}

function keyJson({ key, secret, network }: CreateKeyResponse): Readonly<Record<string, unknown>> {
  const { id, name, role }: Partial<AccessKey> = key ?? {};
  return { id, secret, name, role, network };
}
