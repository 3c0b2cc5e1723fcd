/**
 * Where and how clients may connect. Beyond this host only with keys and TLS, or when the owner said in so many words that anybody may:
 * otherwise the port is opened for this host alone, and it is said what to write.
 */
import type { NetworkConfig } from "../config/machine-config.js";
import { isLoopbackHost } from "../server/peer-address.js";

export interface ListenPlan {
  readonly host: string;
  readonly port: number;
  readonly tls: "none" | "files" | "self-made";
  /** Why this is not what the config says. */
  readonly problem?: string;
}

export interface AccessRules {
  /** Clients must show a key. */
  readonly isAuthRequired: boolean;
  /** By the config or the environment. */
  readonly isUnauthenticatedAllowed: boolean;
}

export function planListening(network: NetworkConfig, rules: AccessRules): ListenPlan {
  const { bindHost: host, bindPort: port } = network;
  const tls = tlsOf(network, rules);
  if (isLoopbackHost(host)) return { host, port, tls };
  const where = `network.bind_address: "${host}:${port}" is for other hosts too, but`;
  if (!rules.isAuthRequired && !rules.isUnauthenticatedAllowed) {
    const advice =
      'make a key with `pinion auth key create`, or write auth.handlers, or write "allow_unauthenticated": true in network (or set PINION_ALLOW_UNAUTHENTICATED=1) if anybody on the network may move this machine';
    return { host: "localhost", port, tls, problem: `${where} no key is asked for, so only this host can connect: ${advice}` };
  }
  if (rules.isAuthRequired && tls === "none") {
    const advice = "remove no_tls; a certificate is made when tls_cert_file and tls_key_file are not given";
    return {
      host: "localhost",
      port,
      tls,
      problem: `${where} without TLS its keys could be read on the way, so only this host can connect: ${advice}`,
    };
  }
  return { host, port, tls };
}

function tlsOf(network: NetworkConfig, { isAuthRequired }: AccessRules): ListenPlan["tls"] {
  if (network.isTlsOff) return "none";
  if (network.tlsCertFile !== undefined && network.tlsKeyFile !== undefined) return "files";
  // Some official clients send keys over TLS only, also on this host.
  return isAuthRequired ? "self-made" : "none";
}
