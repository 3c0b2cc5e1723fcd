/** The address of one end of a connection, as text. */

/** `host:port`, IPv6 in brackets; "unix" where there is none. */
export function peerAddress(host: string | undefined, port: number | undefined): string {
  if (host === undefined || port === undefined) return "unix";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host of such an address; IPv4 addresses that came through an IPv6 socket as IPv4. */
export function hostOfPeer(address: string): string {
  const end = address.lastIndexOf(":");
  if (end < 0) return "";
  return address
    .slice(0, end)
    .replace(/^\[|\]$/g, "")
    .replace(/^::ffff:/, "");
}

export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
