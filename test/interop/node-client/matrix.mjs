// The essential calls of the matrix with the official TypeScript client under Node: node matrix.mjs ORDER, where ORDER is JSON.
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as viam from "@viamrobotics/sdk";
import { GaugeService } from "./gauge.mjs";

const order = JSON.parse(process.argv[2]);
const isUnix = order.transport === "unix";
const nodeOptions = isUnix ? { createConnection: () => net.connect(order.address) } : {};
globalThis.VIAM = { GRPC_TRANSPORT_FACTORY: (options) => createGrpcTransport({ httpVersion: "2", nodeOptions, ...options }) };

const NAMES = { [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED", [Code.Canceled]: "CANCELLED" };

async function outcomeOf(call) {
  try {
    await call;
    return "OK";
  } catch (error) {
    const { code } = ConnectError.from(error);
    return NAMES[code] ?? code;
  }
}

async function essentials(machine, module, mark) {
  const thermo = new viam.SensorClient(machine, `${module}-thermo`);
  const command = (values, options) => thermo.doCommand(viam.Struct.fromJson(values), options);
  const until = async (expected) => {
    while ((await command({ sleeping: mark })).sleeping !== expected) await delay(5);
  };
  const note = await command({ metadata: "x-note" }, { headers: { "x-note": mark } });
  const failure = await command({ "Grüße €": true }).catch((error) => error.rawMessage);
  const big = "0123456789abcdef".repeat(order.bigBytes / 16);
  const { echo } = await command({ echo: big });
  const deadline = await outcomeOf(command({ sleep: 60_000, as: mark }, { timeoutMs: 300 }));
  await until(false);
  const abort = new AbortController();
  const sleeping = outcomeOf(command({ sleep: 60_000, as: mark }, { signal: abort.signal }));
  await until(true);
  abort.abort();
  const cancel = await sleeping;
  await until(false);
  const watched = [];
  for await (const one of machine.createServiceClient(GaugeService).watch({ name: `${module}-dial`, count: 200 })) watched.push(one);
  return {
    metadata: note.metadata === mark,
    error: String(failure).includes("Grüße €"),
    stream: [watched.length, watched.at(-1)?.index],
    big: echo === big,
    deadline,
    cancel,
  };
}

const scheme = order.transport === "tls" ? "https" : "http";
const machine = new viam.RobotClient();
await machine.dial({
  host: `${scheme}://${isUnix ? "localhost" : order.address}`,
  noReconnect: true,
  ...(order.key === undefined ? {} : { credentials: { type: "api-key", authEntity: order.key.id, payload: order.key.secret } }),
});
const outcome = {};
for (const module of order.modules) outcome[module] = await essentials(machine, module, `typescript-${order.transport}-${module}`);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
await machine.disconnect();
process.exit(0);
