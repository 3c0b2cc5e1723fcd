// Regenerates gen/ from the .proto files beside it: `npm run gen`. Not part of the build.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const gen = join(here, "gen");
const buf = join(root, "node_modules", ".bin", "buf");
const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}` };

rmSync(gen, { recursive: true, force: true });
execFileSync(buf, ["generate", "src/proto", "--template", "src/proto/buf.gen.yaml"], { cwd: root, env, stdio: "inherit" });

// Needed as descriptors only: no message of ours uses their code.
for (const unused of ["any", "descriptor", "empty", "field_mask", "wrappers"]) rmSync(join(gen, "google", "protobuf", `${unused}.ts`));
rmSync(join(gen, "pinion", "reflection"), { recursive: true });

for (const entry of readdirSync(gen, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, file.endsWith(join("protobuf", "struct.ts")) ? text : tidy(text));
}

const descriptors = execFileSync(buf, ["build", "src/proto", "--exclude-source-info", "-o", "-#format=binpb"], {
  cwd: root,
  env,
  maxBuffer: 1 << 24,
});
writeFileSync(
  join(gen, "descriptors.ts"),
  `// Generated. All our .proto files and their imports as a google.protobuf.FileDescriptorSet.\n` +
    `export const FILE_DESCRIPTOR_SET_BASE64: string =\n  "${descriptors.toString("base64")}";\n`,
);

/** Values of a Struct are unknown, not any; method keys read as words. */
function tidy(text) {
  return text
    .replaceAll("{ [key: string]: any | undefined }", "{ [key: string]: unknown }")
    .replaceAll("{ [key: string]: any }", "{ [key: string]: unknown }")
    .replaceAll("value?: any | undefined;", "value?: unknown;")
    .replaceAll(/^ {4}pWM(\w*): \{$/gm, "    pwm$1: {")
    .replaceAll(/options: \{ _unknownFields: \{ 674080: .* \} \},$/gm, "options: { isSafetyMonitored: true },");
}
