/** A module's server as a process of its own, to be killed: argv[2] is the socket to listen on. */
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";

const identity = (bytes: Buffer): Buffer => bytes;
const CHUNK = Buffer.alloc(50_000);

type Call = ServerDuplexStream<Buffer, Buffer>;
const handlers: Readonly<Record<string, (call: Call) => void>> = {
  Echo: (call) => {
    call.on("data", (message: Buffer) => call.write(message));
    call.on("end", () => call.end());
  },
  Hang: (call) => call.resume(),
  Talk: (call) => {
    call.resume();
    call.write(Buffer.from("so far"));
  },
  Flood: (call) => {
    call.resume();
    const pump = (): void => {
      while (call.write(CHUNK)) {}
      call.once("drain", pump);
    };
    pump();
  },
};

const server = new Server();
const method = (name: string) => ({
  path: `/acme.echo.v1.EchoService/${name}`,
  requestStream: true as const,
  responseStream: true as const,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});
server.addService(Object.fromEntries(Object.keys(handlers).map((name) => [name, method(name)])), handlers);
server.bindAsync(`unix:${process.argv[2] ?? ""}`, ServerCredentials.createInsecure(), () => undefined);
