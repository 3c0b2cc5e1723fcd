/** Types known only by their descriptors, as a registry of the protobuf library. */
import { create, createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** `files` are serialized FileDescriptorProtos, every file after those it imports. */
export function registryOf(files: readonly Uint8Array[]): FileRegistry {
  const protos = withMissingImports(files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)));
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...protos] }));
}

/** Well-known files come with the library; others that only define options are stood in for by empty ones. */
function withMissingImports(protos: readonly FileDescriptorProto[]): readonly FileDescriptorProto[] {
  const known = new Set(protos.map(({ name }) => name));
  const added: FileDescriptorProto[] = [];
  const add = (name: string): void => {
    if (known.has(name)) return;
    known.add(name);
    const proto = wellKnownFiles().get(name)?.proto ?? create(FileDescriptorProtoSchema, { name, syntax: "proto3" });
    for (const imported of proto.dependency) add(imported);
    added.push(proto);
  };
  for (const { dependency } of protos) for (const name of dependency) add(name);
  return [...added, ...protos];
}

function wellKnownFiles(): ReadonlyMap<string, DescFile> {
  const files = Object.values(wellKnown).filter(
    (value): value is DescFile => typeof value === "object" && "kind" in value && value.kind === "file",
  );
  return new Map(files.map((file) => [file.proto.name, file]));
}
