/** Channels and servers of grpc-js with the settings every connection of ours shares. */
import { Client, credentials, Server } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "./grpc-message.js";

const COMMON_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.enable_channelz": 0,
} as const;

/** No retries, no look-up of service configs, no proxy, no pings (Go modules answer pings with GOAWAY). */
const CHANNEL_OPTIONS = {
  ...COMMON_OPTIONS,
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.default_authority": "localhost",
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1000,
} as const;

/**
 * The gRPC target of a bare address: a socket path, `127.0.0.1:8080`, `[::1]:8080` or `host:8080`.
 * What has a scheme already stays as it is.
 */
export function grpcTarget(address: string): string {
  if (/^(unix|ipv4|ipv6|dns):/.test(address)) return address;
  if (!/:\d+$/.test(address)) return `unix:${address}`;
  if (/^\d+\.\d+\.\d+\.\d+:\d+$/.test(address)) return `ipv4:${address}`;
  if (address.startsWith("[")) return `ipv6:${address}`;
  return `dns:${address}`;
}

/** A lazy plaintext channel: it connects at the first call. Whoever opens it calls `close()`. */
export function openChannel(address: string): Client {
  return new Client(grpcTarget(address), credentials.createInsecure(), CHANNEL_OPTIONS);
}

/** A server without services that does not listen yet. */
export function createServer(): Server {
  return new Server(COMMON_OPTIONS);
}
