/** Messages of one method as canonical protobuf JSON, by their descriptors. */
import { type DescMethod, fromBinary, fromJson, type JsonValue, type Registry, toBinary, toJson } from "@bufbuild/protobuf";
import { messageOf } from "../../base/errors.js";
import { registryOf } from "../../proto/dynamic-registry.js";
import { RpcError, Status } from "../../proto/status-code.js";

/** Serialized files in which a symbol is defined, each after those it imports; undefined when nobody knows it. */
export type Describe = (symbol: string) => Promise<readonly Uint8Array[] | undefined>;

export class JsonCodec {
  readonly #method: DescMethod;
  readonly #registry: Registry;

  /** `path` is `/package.Service/Method`. Rejects with an RpcError. */
  static async of(path: string, describe: Describe): Promise<JsonCodec> {
    const [, service = "", name = ""] = path.split("/");
    const files = await describe(service);
    const registry = files === undefined ? undefined : registryOf(files);
    const method = registry?.getService(service)?.methods.find((one) => one.name === name);
    if (registry === undefined || method === undefined) {
      const what = registry === undefined ? `no descriptor of ${service}` : `${service} has no method ${name}`;
      throw new RpcError(Status.UNIMPLEMENTED, `${what}: JSON needs one from the module's reflection; gRPC and application/proto do not`);
    }
    return new JsonCodec(method, registry);
  }

  private constructor(method: DescMethod, registry: Registry) {
    this.#method = method;
    this.#registry = registry;
  }

  get isUnary(): boolean {
    return this.#method.methodKind === "unary";
  }

  /** Throws an RpcError that says what is wrong with the text. An empty text is an empty message. */
  toRequest(json: Buffer): Uint8Array {
    const { input } = this.#method;
    try {
      const value: unknown = json.length === 0 ? {} : JSON.parse(json.toString("utf8"));
      return toBinary(input, fromJson(input, value as JsonValue, { registry: this.#registry })); // JSON.parse gives nothing else
    } catch (error) {
      throw new RpcError(Status.INVALID_ARGUMENT, `the request is no ${input.typeName} in JSON: ${messageOf(error)}`, { cause: error });
    }
  }

  toJson(message: Uint8Array): Buffer {
    const { output } = this.#method;
    return Buffer.from(JSON.stringify(toJson(output, fromBinary(output, message), { registry: this.#registry, alwaysEmitImplicit: true })));
  }
}
