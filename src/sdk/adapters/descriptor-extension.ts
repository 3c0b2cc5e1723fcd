/** protobufjs' own description of descriptors, loaded when the first .proto file is read. */
import protobuf from "protobufjs";

export interface DescriptorExtension {
  readonly FileDescriptorProto: protobuf.Type;
}

let loading: Promise<DescriptorExtension> | undefined;

/** Also makes the compiler's google/protobuf/descriptor.proto known to protobufjs, which comes without it. */
export function loadDescriptorExtension(): Promise<DescriptorExtension> {
  loading ??= load();
  return loading;
}

async function load(): Promise<DescriptorExtension> {
  const { default: extension } = await import("protobufjs/ext/descriptor/index.js");
  const described: unknown = extension;
  if (!(described instanceof protobuf.Namespace)) throw new TypeError("protobufjs: expected the namespace google.protobuf");
  protobuf.common("google/protobuf/descriptor.proto", { nested: { google: { nested: { protobuf: described.toJSON() } } } });
  return extension;
}
