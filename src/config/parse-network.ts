/** The `network` section. A bad key costs only itself: its default, or what ran before, takes its place (carry-over.ts). */
import type * as v from "valibot";
import { parseGoDuration } from "../base/go-duration.js";
import { isJsonObject } from "../base/json.js";
import { type Millis, millis, minutes, seconds } from "../base/millis.js";
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import type { NetworkConfig, TunnelEndpoint } from "./machine-config.js";
import { networkSchemas, tunnelSchema } from "./machine-schema.js";
import type { Problems } from "./problems.js";

const DEFAULT_NETWORK: NetworkConfig = {
  bindHost: "localhost",
  bindPort: 8080,
  isTlsOff: false,
  heartbeatWindow: seconds(2),
  tunnelEndpoints: [],
};

const DEFAULT_TUNNEL_TIMEOUT = seconds(10);
const SHORTEST_WINDOW = millis(30);
const LONGEST_WINDOW = minutes(1);

export interface ParsedNetwork {
  readonly network: NetworkConfig;
  /** Fields whose keys are in the text but bad. */
  readonly invalidFields: readonly (keyof NetworkConfig)[];
}

export function parseNetwork(section: unknown, path: string, problems: Problems): ParsedNetwork {
  if (section === undefined) return { network: DEFAULT_NETWORK, invalidFields: [] };
  if (!isJsonObject(section)) {
    problems.error(path, "expected an object");
    return { network: DEFAULT_NETWORK, invalidFields: ["bindHost", "bindPort", ...OTHER_FIELDS] };
  }
  const reader = new SectionReader(section, path, problems);
  const fqdn = reader.read("fqdn", networkSchemas.fqdn, ["fqdn"]);
  const bind = reader.read("bind_address", networkSchemas.bind_address, ["bindHost", "bindPort"], parseBindAddress);
  const certificate = reader.read("tls_cert_file", networkSchemas.tls_cert_file, TLS_FIELDS);
  const key = reader.read("tls_key_file", networkSchemas.tls_key_file, TLS_FIELDS);
  const isTlsOff = reader.read("no_tls", networkSchemas.no_tls, ["isTlsOff"]);
  const isUnauthenticatedAllowed = reader.read("allow_unauthenticated", networkSchemas.allow_unauthenticated, ["isUnauthenticatedAllowed"]);
  const heartbeatWindow = reader.read("sessions", networkSchemas.sessions, ["heartbeatWindow"], ({ heartbeat_window: text }, fail) =>
    text === undefined ? undefined : parseWindow(text, fail),
  );
  const tunnelEndpoints = reader.readTunnels();
  const hasBoth = isFilled(certificate) && isFilled(key);
  if (!hasBoth && (isFilled(certificate) || isFilled(key)) && !reader.isInvalid("tlsCertFile")) {
    const [present, absent] = isFilled(certificate) ? ["tls_cert_file", "tls_key_file"] : ["tls_key_file", "tls_cert_file"];
    reader.fail(present, TLS_FIELDS, `expected ${absent} beside it; a certificate and its key go together`);
  }
  return {
    network: {
      ...DEFAULT_NETWORK,
      ...bind,
      ...(isFilled(fqdn) && { fqdn }),
      ...(hasBoth && { tlsCertFile: certificate, tlsKeyFile: key }),
      ...(isTlsOff !== undefined && { isTlsOff }),
      ...(isUnauthenticatedAllowed === true && { isUnauthenticatedAllowed }),
      ...(heartbeatWindow !== undefined && { heartbeatWindow }),
      ...(tunnelEndpoints !== undefined && { tunnelEndpoints }),
    },
    invalidFields: reader.invalidFields,
  };
}

const TLS_FIELDS = ["tlsCertFile", "tlsKeyFile"] as const;
const OTHER_FIELDS = ["fqdn", ...TLS_FIELDS, "isTlsOff", "isUnauthenticatedAllowed", "heartbeatWindow", "tunnelEndpoints"] as const;

const isFilled = (text: string | undefined): text is string => text !== undefined && text !== "";

/** Tells what is wrong with the key being read. */
type Fail = (message: string) => undefined;

class SectionReader {
  readonly #section: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: Problems;
  readonly #invalid = new Set<keyof NetworkConfig>();

  constructor(section: Readonly<Record<string, unknown>>, path: string, problems: Problems) {
    this.#section = section;
    this.#path = path;
    this.#problems = problems;
  }

  get invalidFields(): readonly (keyof NetworkConfig)[] {
    return [...this.#invalid];
  }

  isInvalid(field: keyof NetworkConfig): boolean {
    return this.#invalid.has(field);
  }

  read<T, R = T>(
    key: string,
    schema: v.GenericSchema<unknown, T>,
    fields: readonly (keyof NetworkConfig)[],
    convert?: (value: T, fail: Fail) => R | undefined,
  ): R | undefined {
    const raw = this.#section[key];
    if (raw === undefined) return undefined;
    const value = checkShape(schema, raw, joinPath(this.#path, key), this.#problems);
    if (value === undefined) {
      for (const field of fields) this.#invalid.add(field);
      return undefined;
    }
    if (convert === undefined) return value as unknown as R; // R is T when nothing converts
    return convert(value, (message) => this.fail(key, fields, message));
  }

  fail(key: string, fields: readonly (keyof NetworkConfig)[], message: string): undefined {
    this.#problems.error(joinPath(this.#path, key), message);
    for (const field of fields) this.#invalid.add(field);
    return undefined;
  }

  /** Each endpoint stands for itself. */
  readTunnels(): readonly TunnelEndpoint[] | undefined {
    const key = "traffic_tunnel_endpoints";
    const raw = this.#section[key];
    if (raw === undefined) return undefined;
    if (!Array.isArray(raw)) return this.fail(key, ["tunnelEndpoints"], "expected a list of objects with a port");
    return raw.flatMap((entry: unknown, index) => {
      const at = joinPath(joinPath(this.#path, key), index);
      const endpoint = checkShape(tunnelSchema, entry, at, this.#problems);
      return endpoint === undefined ? [] : [{ port: endpoint.port, connectionTimeout: tunnelTimeout(endpoint.connection_timeout) }];
    });
  }
}

/** "host:port"; an empty host means every interface. */
function parseBindAddress(text: string, fail: Fail): Pick<NetworkConfig, "bindHost" | "bindPort"> | undefined {
  if (text === "") return undefined; // as if left out
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  const port = match?.[3] ?? "";
  if (match === null || port === "") {
    const isBareIpv6 = (text.match(/:/g)?.length ?? 0) > 1;
    return fail(
      `expected host:port such as "localhost:8080"${isBareIpv6 ? ' (an IPv6 address goes in brackets: "[::1]:8080")' : ""}, got "${text}"`,
    );
  }
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) return fail(`expected a port from 0 to 65535, got "${port}"`);
  return { bindHost: match[1] ?? match[2] ?? "", bindPort: number };
}

function parseWindow(text: string, fail: Fail): Millis | undefined {
  const window = parseGoDuration(text);
  if (window === undefined || window === 0) return undefined; // zero is "as if left out"
  if (window >= SHORTEST_WINDOW && window <= LONGEST_WINDOW) return window;
  return fail(`expected a heartbeat_window from 30ms to 1m, got "${text}"`);
}

function tunnelTimeout(value: string | number | undefined): Millis {
  const parsed = typeof value === "string" ? parseGoDuration(value) : millis((value ?? 0) / 1e6); // a bare number is Go's nanoseconds
  return parsed !== undefined && parsed > 0 ? parsed : DEFAULT_TUNNEL_TIMEOUT;
}
