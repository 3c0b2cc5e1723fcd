/** The parts of a black box: all that somebody who helps from afar needs, without secrets. Loaded when somebody asks for one. */
import { formatLogLine } from "../base/log-line.js";
import { decodeJson } from "../config/decode-json.js";
import type { MachineConfig } from "../config/machine-config.js";
import { substituteEnvironment } from "../config/substitute-environment.js";
import type { BlackboxPart, GetStatusResponse } from "../proto/gen/pinion/control/v1/control.js";
import type { MetricSample } from "../store/metric-log.js";
import type { Store } from "../store/open-store.js";
import type { StatusRecord } from "../store/status-records.js";
import type { AppliedConfig } from "./config-controller.js";
import { createScrubber, isSecretName, looksSecret, redactJson, scrubDeep } from "./redact.js";
import { readSystemFacts } from "./system-figures.js";

export interface BlackboxInput {
  readonly status: GetStatusResponse;
  readonly applied: AppliedConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly store: Store;
  readonly now: MetricSample;
  /** Of modules and resources, as the start before this one left them. */
  readonly statusBefore: readonly StatusRecord[];
}

const LOG_LINES = 5000;
const EVENTS = 2000;
const SAMPLES = 1440;

export async function* collectBlackbox({
  status,
  applied,
  env,
  home,
  store,
  now,
  statusBefore,
}: BlackboxInput): AsyncGenerator<BlackboxPart> {
  const secrets = new Set<string>();
  const found = (secret: string): void => void secrets.add(secret);
  const config = redactConfig(applied, found);
  const history = store.journal.entries().map(({ text, ...entry }) => {
    redactText(text, found); // what was secret once may stand in old lines of the log
    return entry;
  });
  collectSecrets(applied.config, env, found);
  const scrub = createScrubber(secrets);
  const file = (name: string, text: string): BlackboxPart => ({ name, content: Buffer.from(scrub(text)), status: undefined });
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

  yield { name: "status", content: new Uint8Array(), status: scrubDeep(status, scrub) };
  yield file("status-before-start.json", json(statusBefore));
  yield file("config.json", `${config}\n`);
  yield file("config-history.json", json(history));
  yield file("events.jsonl", lines(store.events.query({ limit: EVENTS })));
  yield file(
    "log.txt",
    store.logs
      .query({ limit: LOG_LINES })
      .map((record) => `${formatLogLine(record, { color: false, date: true })}\n`)
      .join(""),
  );
  yield file("metrics.jsonl", lines([...store.metrics.query({ limit: SAMPLES }), now]));
  yield file("module-outputs.txt", outputs(status));
  yield file(
    "system.json",
    json({ version: status.version, home, store_problem: store.problem ?? "", ...readSystemFacts(), environment: safeEnvironment(env) }),
  );
}

function outputs({ modules }: GetStatusResponse): string {
  return modules
    .map(({ name, state, lastError, lastOutput }) => [`== ${name}: ${state} ${lastError}`, ...lastOutput, ""].join("\n"))
    .join("\n");
}

function redactConfig({ text, config }: AppliedConfig, found: (secret: string) => void): string {
  return (
    redactText(text, found) ??
    JSON.stringify(
      { cannot_be_shown: "the text is no plain JSON", resources: [...config.resources.keys()], modules: [...config.modules.keys()] },
      undefined,
      2,
    )
  );
}

/** The text of a config without its secrets; undefined when it cannot be read well enough to know them. */
function redactText(text: string, found: (secret: string) => void): string | undefined {
  for (const readable of [text, withoutVariables(text)]) {
    try {
      return JSON.stringify(redactJson(decodeJson(readable).value, found), undefined, 2);
    } catch {
      // Variables outside of texts make it no JSON; the second way has none.
    }
  }
  return undefined;
}

/** Every variable as the number 0, which is good inside a text and outside of one. */
function withoutVariables(text: string): string {
  return substituteEnvironment(text, new Proxy<Record<string, string>>({}, { get: () => "0", has: () => true })).text;
}

/** Values that the text only names: they come from the environment. */
function collectSecrets(config: MachineConfig, env: BlackboxInput["env"], found: (secret: string) => void): void {
  for (const { key } of config.apiKeys) found(key);
  for (const { attributes } of config.resources.values()) redactJson(attributes, found);
  for (const { env: own } of config.modules.values()) redactJson(own, found);
  // PWD is where a shell stood, no password.
  for (const [name, value] of Object.entries(env)) if (value !== undefined && isSecretName(name) && !/^(OLD)?PWD$/.test(name)) found(value);
}

/** What may matter to us; other variables are nobody's business. */
function safeEnvironment(env: BlackboxInput["env"]): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(([name]) =>
    /^(VIAM_|PINION_|NODE_|XDG_|LANG|LC_|TZ|PATH$|HOME$|USER$|INVOCATION_ID|NOTIFY_SOCKET|UV_)/.test(name),
  );
  return Object.fromEntries(
    kept.map(([name, value = ""]) => [name, isSecretName(name) || (name !== "INVOCATION_ID" && looksSecret(value)) ? "[removed]" : value]),
  );
}
