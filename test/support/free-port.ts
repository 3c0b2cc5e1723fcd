/** A TCP port of the loopback address that nobody listens on. */
import { once } from "node:events";
import net from "node:net";

/** The system does not hand the same one out again soon, so the small race is harmless in practice. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error(`expected a TCP address, got ${JSON.stringify(address)}`);
  return address.port;
}
