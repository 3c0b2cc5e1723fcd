/**
 * Who may connect and how: listens where the plan says, keeps the keys that the command line makes, and tells the server which keys there are.
 * Once a key was made a marker file says so: whatever happens to the database, the machine does not open by itself.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { messageOf, PinionError } from "../base/errors.js";
import { isJsonObject } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import { SerialQueue } from "../base/serial-queue.js";
import type { MachineConfig } from "../config/machine-config.js";
import type { AccessKey, AccessServiceDefinition, NetworkReport } from "../proto/gen/pinion/control/v1/access.js";
import type { ServiceHandlers } from "../proto/service.js";
import { type AccessPort, ROLES, type Role } from "../server/auth/access-port.js";
import type { Server } from "../server/server.js";
import { namesOfHost, type TlsSource } from "../server/tls/certificate.js";
import type { AuthKey } from "../store/auth-keys.js";
import type { Store } from "../store/open-store.js";
import { type ListenPlan, planListening } from "./plan-listening.js";

export interface PublicAccessOptions {
  readonly logger: Logger;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly server: () => Server;
  readonly openStore: () => Promise<Store>;
}

const MARKER = "auth-required";
const MARKER_TEXT = "Clients need a key: `pinion auth key list` shows those there are. Without this file and keys anybody may connect.\n";
const NO_SECRETS: readonly string[] = [];
const NO_KEYS: MachineConfig["apiKeys"] = [];

export class PublicAccess {
  readonly #options: PublicAccessOptions;
  readonly #marker: string;
  readonly #queue = new SerialQueue();
  #hasKeys: boolean;
  #config: MachineConfig | undefined;
  #report: Pick<NetworkReport, "address" | "tls" | "problem"> = { address: "", tls: "none", problem: "" };
  #plan: ListenPlan | undefined;
  #tls = "";

  constructor(options: PublicAccessOptions) {
    this.#options = options;
    this.#marker = path.join(options.home, MARKER);
    this.#hasKeys = existsSync(this.#marker);
  }

  readonly port: AccessPort = {
    isRequired: () => this.#isRequired(),
    configKeys: () => this.#config?.apiKeys ?? NO_KEYS,
    machineSecrets: () => secretsOf(this.#config),
    findKey: async (id) => (await this.#options.openStore()).authKeys.find(id),
  };

  readonly service: ServiceHandlers<typeof AccessServiceDefinition> = {
    createKey: async ({ name, role }) => {
      const { key, secret } = await this.#createKey(name, role);
      return { key, secret, network: this.report() };
    },
    listKeys: async () => ({ keys: await this.#keys(), network: this.report() }),
    revokeKey: async ({ id, open }) => {
      await this.#revokeKey(id, open);
      return { network: this.report() };
    },
  };

  report(): NetworkReport {
    const tlsFingerprint = this.#options.server().tlsFingerprint() ?? "";
    return { ...this.#report, authRequired: this.#isRequired(), tlsFingerprint };
  }

  /** The keys of the config count from now on; where to listen, from the next `listen`. */
  adopt(config: MachineConfig): void {
    this.#config = config;
  }

  /** Listens where config and keys say now. What cannot be had is logged and shown: the machine works without it. */
  listen(): Promise<void> {
    return this.#queue.run(() => this.#listen());
  }

  #isRequired(): boolean {
    return this.#hasKeys || this.#config?.isAuthRequired === true;
  }

  async #listen(): Promise<void> {
    const { env, logger, server } = this.#options;
    const network = this.#config?.network;
    if (network === undefined) return;
    const isUnauthenticatedAllowed = network.isUnauthenticatedAllowed === true || env["PINION_ALLOW_UNAUTHENTICATED"] === "1";
    const plan = planListening(network, { isAuthRequired: this.#isRequired(), isUnauthenticatedAllowed });
    if (plan.problem !== undefined && plan.problem !== this.#plan?.problem)
      logger.error({ address: `localhost:${plan.port}` }, plan.problem);
    const problems = plan.problem === undefined ? [] : [plan.problem];
    try {
      await this.#showTls(plan);
    } catch (error) {
      problems.push(messageOf(error));
      logger.error({ error: messageOf(error) }, "TLS clients cannot connect");
    }
    let address = "";
    try {
      ({ address } = await server().rebindPublic(plan.host, plan.port));
      logger.debug({ address, tls: plan.tls }, "listening for clients");
    } catch (error) {
      problems.push(messageOf(error));
      logger.error({ host: plan.host, port: plan.port, error: messageOf(error) }, "clients cannot connect");
    }
    this.#plan = plan;
    this.#report = { address, tls: plan.tls, problem: problems.join("; ") };
  }

  async #showTls(plan: ListenPlan): Promise<void> {
    const source = this.#tlsSource(plan);
    const text = JSON.stringify(source) ?? "";
    if (text === this.#tls) return;
    await this.#options.server().setTls(source);
    this.#tls = text;
  }

  #tlsSource({ tls }: ListenPlan): TlsSource | undefined {
    const network = this.#config?.network;
    if (network === undefined) return undefined;
    if (tls === "files") return { kind: "files", certFile: network.tlsCertFile ?? "", keyFile: network.tlsKeyFile ?? "" };
    if (tls === "none") return undefined;
    return { kind: "self-made", folder: path.join(this.#options.home, "tls"), names: namesOfHost(network.fqdn) };
  }

  async #keys(): Promise<AccessKey[]> {
    const { authKeys } = await this.#options.openStore();
    const configured = this.port.configKeys().map(({ id }) => ({ id, name: "", role: "operator", source: "config" }));
    return [...configured, ...authKeys.all().map(toAccessKey)];
  }

  async #createKey(name: string, role: string): Promise<{ readonly key: AccessKey; readonly secret: string }> {
    const { logger, openStore } = this.#options;
    const wanted = role === "" ? "operator" : role;
    if (!isRole(wanted)) throw new PinionError("USAGE", `role: expected ${ROLES.join(" or ")}, got "${role}"`);
    const { authKeys, problem } = await openStore();
    if (problem !== undefined) throw new PinionError("STORE_FAILED", `a key would be forgotten at the next start: ${problem}`);
    const secret = randomBytes(32).toString("base64url");
    // The marker first: if we end in between, the machine is closed rather than open.
    this.#mark();
    const key = authKeys.add({ id: randomUUID(), name, role: wanted, secretSha256: createHash("sha256").update(secret).digest("hex") });
    logger.info({ key: key.id, role: wanted, name }, "API key made");
    await this.listen();
    return { key: toAccessKey(key), secret };
  }

  async #revokeKey(id: string, isOpening: boolean): Promise<void> {
    const { logger, openStore, server } = this.#options;
    if (this.port.configKeys().some((key) => key.id === id)) {
      throw new PinionError("USAGE", `the key ${id} is written in auth.handlers of the config file; remove it there`);
    }
    const { authKeys } = await openStore();
    const key = authKeys.find(id);
    if (key === undefined) throw new PinionError("USAGE", `there is no key ${id}; \`pinion auth key list\` shows those there are`);
    const isLast = authKeys.all().length === 1 && this.#config?.isAuthRequired !== true;
    if (isLast && !isOpening) {
      const advice = "make another one first, or revoke it with --open, after which anybody may connect without a key";
      throw new PinionError("USAGE", `${id} is the last key, without which nobody could connect: ${advice}`);
    }
    authKeys.remove(id);
    server().dropKey(id);
    if (authKeys.all().length === 0) this.#unmark();
    logger.info({ key: id, name: key.name }, "API key revoked");
    await this.listen();
  }

  #mark(): void {
    const handle = openSync(this.#marker, "w", 0o600);
    try {
      writeSync(handle, MARKER_TEXT);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    this.#hasKeys = true;
  }

  #unmark(): void {
    rmSync(this.#marker, { force: true });
    this.#hasKeys = false;
  }
}

function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

function toAccessKey({ id, name, role, createdAt }: AuthKey): AccessKey {
  return { id, name, role, createdAt, source: "command" };
}

/** A config that once came from the cloud holds secrets that programs of the same location send. */
function secretsOf(config: MachineConfig | undefined): readonly string[] {
  const cloud = config?.dormant["cloud"];
  if (!isJsonObject(cloud)) return NO_SECRETS;
  const listed = cloud["location_secrets"];
  const more = Array.isArray(listed) ? listed.map((entry) => (isJsonObject(entry) ? entry["secret"] : entry)) : [];
  return [cloud["secret"], cloud["location_secret"], ...more].filter((secret) => typeof secret === "string" && secret !== "") as string[]; // filtered
}
