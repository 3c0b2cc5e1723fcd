/** A service of texts with one method of each kind, the same for the SDK's own gRPC and for grpc-js. */
import { setTimeout as delay } from "node:timers/promises";
import type { CallContext, Codec, MethodDefinition, ServiceHandlers } from "../../../../src/proto/service.js";
import { RpcError, Status } from "../../../../src/proto/status-code.js";

const TEXT: Codec<string> = {
  // Only `finish` of the writer is ever used by those who encode.
  encode: (text) => ({ finish: () => Buffer.from(text) }) as unknown as ReturnType<Codec<string>["encode"]>,
  decode: (input) => {
    if (!(input instanceof Uint8Array)) throw new TypeError("expected bytes");
    if (input[0] === 0xff) throw new Error("that is no text");
    return Buffer.from(input).toString();
  },
};

type Method<I extends boolean, O extends boolean> = MethodDefinition<string, string> & {
  readonly requestStream: I;
  readonly responseStream: O;
};

export const EchoDefinition: {
  readonly name: string;
  readonly fullName: string;
  readonly methods: {
    readonly one: Method<false, false>;
    readonly many: Method<false, true>;
    readonly sum: Method<true, false>;
    readonly both: Method<true, true>;
    readonly missing: Method<false, false>;
  };
} = {
  name: "EchoService",
  fullName: "test.EchoService",
  methods: {
    one: { name: "One", requestType: TEXT, requestStream: false, responseType: TEXT, responseStream: false, options: {} },
    many: { name: "Many", requestType: TEXT, requestStream: false, responseType: TEXT, responseStream: true, options: {} },
    sum: { name: "Sum", requestType: TEXT, requestStream: true, responseType: TEXT, responseStream: false, options: {} },
    both: { name: "Both", requestType: TEXT, requestStream: true, responseType: TEXT, responseStream: true, options: {} },
    missing: { name: "Missing", requestType: TEXT, requestStream: false, responseType: TEXT, responseStream: false, options: {} },
  },
};

/** What happened on the server. */
export interface Seen {
  aborted: number;
  yielded: number;
  received: number;
}

/** Commands in the request's text; what is no command comes back. */
export function echoHandlers(seen: Seen): ServiceHandlers<typeof EchoDefinition> {
  return {
    one: async (text, context) => {
      const [command, argument = ""] = text.split(" ", 2);
      switch (command) {
        case "fail":
          throw new RpcError(Status.FAILED_PRECONDITION, "100 % zu heiß\n😀", { trailers: { "x-hint": argument } });
        case "throw":
          throw new TypeError("plain");
        case "metadata":
          return context.metadata[argument] ?? "none";
        case "timeout":
          return String(context.timeout !== undefined && context.timeout > 0 && context.timeout <= 20_000);
        case "wait":
          await aborted(context, seen);
          return "aborted";
        case "repeat":
          return "x".repeat(Number(argument));
        case "later":
          await delay(Number(argument));
          return "late";
        default:
          return text;
      }
    },
    many: async function* (text, context) {
      context.signal.addEventListener("abort", () => {
        seen.aborted += 1;
      });
      const [count = 0, size = 1, failAt = -1] = text.split(" ").map(Number);
      for (let index = 0; index < count; index += 1) {
        if (index === failAt) throw new RpcError(Status.DATA_LOSS, "in the middle");
        seen.yielded += 1;
        yield String(index).padEnd(size, ".");
      }
      if (failAt === count) await new Promise(() => {}); // never again
    },
    sum: async (texts) => {
      let sum = 0;
      for await (const text of texts) {
        if (text === "enough") return `${sum} is enough`;
        sum += Number(text);
      }
      return String(sum);
    },
    both: async function* (texts, context) {
      for await (const text of texts) {
        seen.received += 1;
        if (text === "block") await aborted(context, seen);
        yield text;
      }
    },
  };
}

function aborted({ signal }: CallContext, seen: Seen): Promise<void> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      seen.aborted += 1;
      resolve();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
}

export async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield item;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
