#!/usr/bin/env node
/**
 * Runs npm's own node-gyp against the headers of the Node.js that runs it, when they lie beside its binary.
 * Without this a machine that reaches only a package registry cannot build native addons: node-gyp would download headers.
 */
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const path = require("node:path");

/** The folder F with F/include/node of exactly the running version, or undefined. */
function headersOf(folder) {
  const file = path.join(folder, "include", "node", "node_version.h");
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
  return `v${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}` === process.version ? folder : undefined;
}

const nodedir = [process.env.npm_config_nodedir, path.dirname(path.dirname(process.execPath))]
  .filter((folder) => folder !== undefined && folder !== "")
  .map(headersOf)
  .find((folder) => folder !== undefined);
if (nodedir === undefined) delete process.env.npm_config_nodedir;
else process.env.npm_config_nodedir = nodedir;

const objectWrap = nodedir === undefined ? "" : path.join(nodedir, "include", "node", "node_object_wrap.h");
if (existsSync(objectWrap) && readFileSync(objectWrap, "utf8").includes("RemoveEnvironmentCleanupHook")) {
  process.env.CXXFLAGS = `${process.env.CXXFLAGS ?? ""} -include "${path.join(__dirname, "object-wrap.h")}"`;
}

const npm = path.dirname(path.dirname(process.env.npm_execpath));
const gyp = path.join(npm, "node_modules", "node-gyp", "bin", "node-gyp.js");
process.exitCode = spawnSync(process.execPath, [gyp, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
