/**
 * The definition of a machine config file: which keys there are, of what shape, with the words an editor shows for them. The JSON Schema
 * (json-schema.ts) is generated from it and parse-config.ts checks with it. Rules between keys are not here but with the parsers.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import * as v from "valibot";
import { moduleNameProblem, resourceNameProblem } from "../resource/names.js";
import type { RawComponent, RawJob, RawModule, RawPackage, RawRemote, RawService } from "./raw-config.js";

type Schema<T> = v.GenericSchema<unknown, T>;

const text = (words: string): Schema<string> => v.pipe(v.string(), v.description(words));
const texts = (words: string): Schema<string[]> => v.pipe(v.array(v.string()), v.description(words));
const flag = (words: string): Schema<boolean> => v.pipe(v.boolean(), v.description(words));
/** Any object, kept as it is; valibot's own records would take a list for one. */
const anyObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  (issue) => `expected an object, got ${Array.isArray(issue.input) ? "a list" : issue.received}`,
);
const json = (words: string): Schema<Record<string, unknown>> => v.pipe(anyObject, v.description(words));

const DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const duration = (words: string): Schema<string> =>
  v.pipe(
    v.string(),
    v.regex(DURATION, (issue) => `expected a duration such as "10s", "250ms" or "1h30m", got ${issue.received}`),
    v.description(words),
  );

const NAME = /^[a-zA-Z0-9][-\w]*$/;
const resourceNameText = (words: string): Schema<string> =>
  v.pipe(
    v.string(),
    v.maxLength(60, (issue) => resourceNameProblem(issue.input) ?? issue.received),
    v.regex(NAME, (issue) => resourceNameProblem(issue.input) ?? issue.received),
    v.description(words),
  );
const moduleNameText = (words: string): Schema<string> =>
  v.pipe(
    v.string(),
    v.maxLength(200, (issue) => moduleNameProblem(issue.input) ?? issue.received),
    v.regex(NAME, (issue) => moduleNameProblem(issue.input) ?? issue.received),
    v.description(words),
  );

const API = /^[\w-]+:[\w-]+:[\w-]+$/;
const apiSchema: Schema<string | { namespace: string; type: string; subtype: string }> = v.pipe(
  v.union([
    v.pipe(
      v.string(),
      v.regex(API, (issue) => `expected an API such as "rdk:component:sensor", got ${issue.received}`),
    ),
    v.object({ namespace: v.string(), type: v.string(), subtype: v.string() }),
  ]),
  v.description('What can be asked of the resource: "namespace:type:subtype", e.g. "rdk:component:sensor".'),
);

const MODEL = /^[\w-]+(?::[\w-]+:[\w-]+)?$/;
const modelSchema: Schema<string | { namespace: string; model_family: string; name: string }> = v.pipe(
  v.union([
    v.pipe(
      v.string(),
      v.regex(MODEL, (issue) => `expected a model such as "acme:demo:thermo" or "fake", got ${issue.received}`),
    ),
    v.object({ namespace: v.string(), model_family: v.string(), name: v.string() }),
  ]),
  v.description('Which implementation serves it: "namespace:family:name". A single word means "rdk:builtin:" and that word.'),
);

/** Any case is accepted; editors are offered these. */
export const CONFIG_LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "warning", "error"];
export const levelText: Schema<string> = v.string();
const levelSchema: Schema<string> = v.pipe(
  levelText,
  v.check(
    (level) => CONFIG_LOG_LEVELS.includes(level.toLowerCase()),
    (issue) => `expected one of debug, info, warn, error, got ${issue.received}`,
  ),
  v.description("Least severe level that is logged."),
);

const logConfiguration = v.pipe(v.object({ level: levelSchema }), v.description("Log level of this entry alone."));

const serviceConfigs = v.pipe(
  v.array(
    v.object({
      type: v.pipe(v.string(), v.description('API of the service it is for: a single word such as "data_manager", or a triplet.')),
      attributes: v.optional(json("What that service shall do with this resource.")),
    }),
  ),
  v.description("Configs of services that concern this resource, e.g. what the data manager captures of it."),
);

const axes = { x: v.optional(v.number()), y: v.optional(v.number()), z: v.optional(v.number()) };
const ORIENTATION_TYPES = ["ov_degrees", "ov_radians", "euler_angles", "axis_angles", "quaternion", ""] as const;
const GEOMETRY_TYPES = ["box", "sphere", "capsule", "cylinder", "point", "mesh", ""] as const;
const frameSchema = v.pipe(
  v.looseObject({
    id: v.optional(v.string()),
    parent: v.optional(text('Frame this one is attached to: another resource\'s name or "world".')),
    translation: v.optional(v.pipe(v.looseObject(axes), v.description("Offset from the parent in millimetres."))),
    orientation: v.optional(v.looseObject({ type: v.optional(v.picklist(ORIENTATION_TYPES)), value: v.optional(v.looseObject({})) })),
    geometry: v.optional(v.looseObject({ type: v.optional(v.picklist(GEOMETRY_TYPES)) })),
  }),
  v.description("Where the resource is, for the frame system."),
);

const resourceEntries = {
  api: v.optional(apiSchema),
  type: v.optional(text('Older spelling of "api": the last part of the API alone, e.g. "sensor". Ignored beside "api".')),
  namespace: v.optional(text('Namespace that goes with "type"; "rdk" when left out.')),
  attributes: v.optional(json("What the model needs to know; its documentation says what there is.")),
  depends_on: v.optional(texts("Names of resources that must be ready before this one.")),
  frame: v.optional(frameSchema),
  service_configs: v.optional(serviceConfigs),
  log_configuration: v.optional(logConfiguration),
};

export const componentSchema: Schema<RawComponent> = v.object({
  name: resourceNameText("Name that clients use."),
  model: modelSchema,
  ...resourceEntries,
});

export const serviceSchema: Schema<RawService> = v.object({
  name: v.optional(resourceNameText('Name that clients use; "builtin" when left out.')),
  model: v.optional(modelSchema),
  ...resourceEntries,
});

const limitsSchema = v.object({
  memory: v.optional(text('Most memory that the module and all it starts may take, such as "256MiB".')),
  cpu: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.01, (issue) => `expected a number of processors such as 0.5, got ${issue.received}`),
      v.description("How much of the processors the module may use: 0.5 is half of one."),
    ),
  ),
  processes: v.optional(
    v.pipe(
      v.number(),
      v.integer((issue) => `expected a whole number, got ${issue.received}`),
      v.minValue(1, (issue) => `expected at least 1, got ${issue.received}`),
      v.description("How many processes and threads the module may have."),
    ),
  ),
});

const MODULE_TYPES = ["local", "registry", ""] as const;
export const moduleSchema: Schema<RawModule> = v.object({
  name: moduleNameText("Name of the module on this machine."),
  executable_path: v.optional(text("Absolute path of the program (or of its .tar.gz archive); ~ is your home folder.")),
  type: v.optional(
    v.pipe(v.picklist(MODULE_TYPES), v.description('"local" for a program of this machine, "registry" for an installed package.')),
  ),
  module_id: v.optional(text('"namespace:name" of a module from a registry.')),
  log_level: v.optional(text("Least severe level that the module logs: debug, info, warn or error.")),
  env: v.optional(v.pipe(anyObject, v.record(v.string(), v.string()), v.description("Environment variables of the module's process."))),
  tcp_mode: v.optional(flag("Talk to the module over TCP on this machine instead of a unix socket.")),
  limits: v.optional(v.pipe(limitsSchema, v.description("What the module may use of the machine, where the kernel can be told so."))),
  first_run_timeout: v.optional(duration('How long the first_run script may take; "1h" when left out.')),
  status: v.optional(v.object({ error: v.optional(v.string()) })),
});

const credentials = v.object({ type: v.optional(v.string()), payload: v.optional(v.string()) });
export const remoteSchema: Schema<RawRemote> = v.object({
  name: resourceNameText("Name of the remote machine."),
  address: v.pipe(
    v.string(),
    v.nonEmpty('expected "host:port", got an empty text'),
    v.description("Where the remote machine listens: host:port."),
  ),
  prefix: v.optional(text("Put before the name of every resource of the remote machine.")),
  frame: v.optional(frameSchema),
  auth: v.optional(v.object({ credentials: v.optional(credentials), entity: v.optional(v.string()) })),
  secret: v.optional(text("Location secret of the remote machine.")),
  insecure: v.optional(flag("Connect without TLS.")),
  connection_check_interval: v.optional(duration('How often the connection is checked; "10s" when left out.')),
  reconnect_interval: v.optional(duration('How often a lost connection is tried again; "1s" when left out.')),
  managed_by: v.optional(v.string()),
  service_configs: v.optional(serviceConfigs),
});

const PACKAGE_TYPES = ["ml_model", "module", "slam_map", "archive"] as const;
export const packageSchema: Schema<RawPackage> = v.object({
  name: moduleNameText("Name used in ${packages.…} placeholders."),
  package: v.pipe(
    v.string(),
    v.nonEmpty('expected "organization/name", got an empty text'),
    v.description("organization/name of the package."),
  ),
  version: v.optional(text('"latest" when left out.')),
  type: v.optional(v.picklist(PACKAGE_TYPES)),
  status: v.optional(v.object({ error: v.optional(v.string()) })),
});

export const jobSchema: Schema<RawJob> = v.object({
  name: text("Name of the job."),
  schedule: text('A duration such as "5m", a cron line, or "continuous".'),
  resource: text("Name of the resource to call."),
  method: text("gRPC method to call, e.g. GetReadings."),
  command: v.optional(json("Argument of DoCommand.")),
  log_configuration: v.optional(logConfiguration),
});

export const tunnelSchema: Schema<{ port: number; connection_timeout?: string | number | undefined }> = v.object({
  port: v.pipe(
    v.number(),
    v.integer("expected a whole number"),
    v.minValue(1, "expected a port from 1 to 65535"),
    v.maxValue(65_535, "expected a port from 1 to 65535"),
  ),
  connection_timeout: v.optional(v.union([duration("How long connecting may take."), v.pipe(v.number(), v.description("Nanoseconds."))])),
});

/** Each key is checked on its own (parse-network.ts), so that a bad one costs only itself. */
export interface NetworkSchemas {
  readonly fqdn: Schema<string>;
  readonly bind_address: Schema<string>;
  readonly tls_cert_file: Schema<string>;
  readonly tls_key_file: Schema<string>;
  readonly no_tls: Schema<boolean>;
  readonly allow_unauthenticated: Schema<boolean>;
  readonly sessions: Schema<{ heartbeat_window?: string | undefined }>;
  readonly traffic_tunnel_endpoints: Schema<unknown[]>;
}
export const networkSchemas: NetworkSchemas = {
  fqdn: text("Name under which the machine is reached."),
  bind_address: text('Where clients connect: host:port; "localhost:8080" when left out, ":8080" for every network interface.'),
  tls_cert_file: text("Certificate (PEM); goes with tls_key_file."),
  tls_key_file: text("Private key (PEM); goes with tls_cert_file."),
  no_tls: flag("No TLS even where there is a certificate."),
  allow_unauthenticated: flag("Other hosts may connect without an API key; otherwise only this host may while there are no keys."),
  sessions: v.object({
    heartbeat_window: v.optional(
      duration('A client silent for so long is lost and what it moved is stopped; 30ms to 1m, "2s" when left out.'),
    ),
  }),
  traffic_tunnel_endpoints: v.pipe(v.array(tunnelSchema), v.description("Local ports that clients may tunnel to.")),
};

export const apiKeyConfigSchema: Schema<Record<string, unknown> & { keys: string[] }> = v.pipe(
  v.objectWithRest(
    { keys: v.pipe(v.array(v.string()), v.nonEmpty("expected at least one key id"), v.description("Ids of the keys.")) },
    v.unknown(),
  ),
  v.description("The key ids in `keys`, and for each id a member of that name whose value is the key."),
);

export interface AuthSchemas {
  readonly handlers: Schema<unknown[]>;
  readonly tls_auth_entities: Schema<string[]>;
  readonly external_auth_config: Schema<Record<string, unknown>>;
}
export const authSchemas: AuthSchemas = {
  handlers: v.pipe(
    v.array(v.object({ type: v.pipe(v.string(), v.description('"api-key".')), config: v.optional(apiKeyConfigSchema) })),
    v.description("Who may connect. Without handlers everyone may."),
  ),
  tls_auth_entities: texts("Names that client certificates may carry."),
  external_auth_config: json("Keys of an external identity provider."),
};

export const logPatternSchema: Schema<{ pattern: string; level: string }> = v.object({
  pattern: v.pipe(
    v.string(),
    v.nonEmpty("expected a logger name, got an empty text"),
    v.description('Logger name, with "*" for anything: "rdk.modmanager.*".'),
  ),
  level: levelSchema,
});

export const cloudSchema: Schema<Record<string, unknown>> = v.looseObject({
  id: v.optional(v.string()),
  secret: v.optional(v.string()),
  api_key: v.optional(v.object({ id: v.optional(v.string()), key: v.optional(v.string()) })),
  app_address: v.optional(v.string()),
  refresh_interval: v.optional(duration("How often the cloud is asked for a new config.")),
});
export const maintenanceSchema: Schema<Record<string, unknown>> = v.object({
  sensor_name: v.optional(text("Full name of the sensor that allows maintenance.")),
  maintenance_allowed_key: v.optional(text("Reading that says so.")),
});
export const tracingSchema: Schema<Record<string, unknown>> = v.object({
  enabled: v.optional(v.boolean()),
  disk: v.optional(v.boolean()),
  console: v.optional(v.boolean()),
  otlpendpoint: v.optional(v.string()),
});
export const processSchema: Schema<Record<string, unknown>> = v.looseObject({ id: v.optional(v.string()), name: v.optional(v.string()) });

const optionalEntries = (entries: NetworkSchemas | AuthSchemas): v.GenericSchema =>
  v.object(Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.optional(schema)])));

/** The keys of the whole file. */
export const machineSchema: v.GenericSchema = v.pipe(
  v.object({
    $schema: v.optional(text("Where an editor finds this schema.")),
    components: v.optional(v.pipe(v.array(componentSchema), v.description("Hardware: sensors, motors, boards, …"))),
    services: v.optional(v.pipe(v.array(serviceSchema), v.description("Software resources."))),
    modules: v.optional(v.pipe(v.array(moduleSchema), v.description("Programs that implement models."))),
    remotes: v.optional(
      v.pipe(v.array(remoteSchema), v.description("Other machines whose resources appear here. Kept, not acted on yet.")),
    ),
    packages: v.optional(
      v.pipe(v.array(packageSchema), v.description("Packages of models, modules and maps. Used for placeholders; nothing is downloaded.")),
    ),
    processes: v.optional(v.pipe(v.array(processSchema), v.description("Never run; use a module."))),
    network: v.optional(v.pipe(optionalEntries(networkSchemas), v.description("Where and how clients connect."))),
    auth: v.optional(v.pipe(optionalEntries(authSchemas), v.description("Who may connect."))),
    cloud: v.optional(v.pipe(cloudSchema, v.description("Cloud identity. Kept, not acted on."))),
    log: v.optional(v.pipe(v.array(logPatternSchema), v.description("Log levels by logger name; the last match counts."))),
    debug: v.optional(flag("Log everything at debug level.")),
    disable_log_deduplication: v.optional(flag("Log repeated lines each time.")),
    enable_web_profile: v.optional(flag("Accepted and ignored.")),
    jobs: v.optional(v.pipe(v.array(jobSchema), v.description("Calls at set times. Kept, not acted on yet."))),
    maintenance: v.optional(v.pipe(maintenanceSchema, v.description("When the machine may be changed. Kept, not acted on yet."))),
    tracing: v.optional(v.pipe(tracingSchema, v.description("Where traces go. Kept, not acted on yet."))),
    revision: v.optional(text("Any text; shown in the machine's status.")),
  }),
  v.title("Pinion machine config"),
  v.description("What a machine is made of: its modules, resources and how it is reached."),
);
