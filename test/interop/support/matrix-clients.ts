/** The programs that make the essential calls of the matrix, one for each official client and one on gRPC's C core. */
import { interopSource } from "./cache.js";
import type { ModuleKind } from "./languages.js";
import { runProgram } from "./run-program.js";
import { goProgram, nodeClientProgram, pythonProgram } from "./toolchains.js";
import type { ApiKey } from "./web-machine.js";

export const MATRIX_CLIENTS = ["python", "go", "typescript", "ccore"] as const;
export type MatrixClient = (typeof MATRIX_CLIENTS)[number];
export type Transport = "unix" | "tcp" | "tls";

/** Where and how a client connects, and which modules it calls. */
export interface Order {
  readonly transport: Transport;
  /** host:port, or the path of a socket. */
  readonly address: string;
  /** Certificate to trust. */
  readonly ca: string;
  /** Shown by the client; absent: none. */
  readonly key?: ApiKey;
  readonly modules: readonly ModuleKind[];
  /** Length of the large message, both ways. */
  readonly bigBytes: number;
}

/** What a module's essential calls came to. */
export interface Essentials {
  /** A header of the call reached the module. */
  readonly metadata: boolean;
  /** The module's error came back with its text, which is not ASCII. */
  readonly error: boolean;
  /** Messages of a stream, and the last one's index. */
  readonly stream: readonly [number, number];
  /** The large message came back whole. */
  readonly big: boolean;
  /** How a call beyond its deadline and a cancelled one ended; in both cases the module was seen to stop. */
  readonly deadline: string;
  readonly cancel: string;
}

export async function runEssentials(client: MatrixClient, order: Order): Promise<Readonly<Record<string, Essentials>>> {
  const [file, args] = commandOf(client, JSON.stringify(order));
  const env = order.transport === "tls" ? { NODE_EXTRA_CA_CERTS: order.ca } : {};
  const output = await runProgram(file, args, { env, limitMs: 90_000 });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Record<string, Essentials>;
}

function commandOf(client: MatrixClient, order: string): readonly [string, readonly string[]] {
  switch (client) {
    case "python":
      return [pythonProgram(), ["-B", interopSource("python", "matrix.py"), order]];
    case "ccore":
      return [pythonProgram(), ["-B", interopSource("python", "grpcio_matrix.py"), order]];
    case "go":
      return [goProgram("client"), ["matrix", order]];
    case "typescript":
      return [process.execPath, [nodeClientProgram("matrix.mjs"), order]];
  }
}
