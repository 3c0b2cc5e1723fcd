// Drives machines with the client's own transport (fetch and gRPC-web, as in a browser) or with Connect:
//
//   node web.mjs web|connect-json|connect-proto JSON, where JSON is an object of targets.
import { createConnectTransport } from "@connectrpc/connect-node";
import * as viam from "@viamrobotics/sdk";
import { driveAll } from "./drive.mjs";

const [transport, targets] = process.argv.slice(2);
if (transport !== "web") {
  const useBinaryFormat = transport === "connect-proto";
  const create = (options) => createConnectTransport({ httpVersion: "1.1", ...options, useBinaryFormat });
  globalThis.VIAM = { GRPC_TRANSPORT_FACTORY: create };
}
const outcomes = await driveAll(viam, JSON.parse(targets));
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
process.exit(0);
