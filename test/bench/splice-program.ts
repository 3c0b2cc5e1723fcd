/**
 * The floor of a proxy in Node: bytes from a TCP port to one Unix socket and back, none of them read. `splice-program.js MODULE-SOCKET`. Prints its
 * port; ends with its standard input.
 */
import net from "node:net";

const [module = ""] = process.argv.slice(2);
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = net.connect({ path: module, allowHalfOpen: true });
  pass(client, upstream);
  pass(upstream, client);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as net.AddressInfo).port}\n`));
process.stdin.resume().once("end", () => process.exit(0));

function pass(from: net.Socket, to: net.Socket): void {
  from.on("data", (bytes) => {
    if (!to.write(bytes)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
}
