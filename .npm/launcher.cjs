#!/usr/bin/env node
/**
 * Starts a bundle through V8's code cache: about 20 ms and 3 MB less than compiling it at every start. The cache is made at build time and
 * refused by V8 when the Node.js differs; then the bundle is simply compiled. Copied beside each bundle as its entry.
 */
const { readFileSync } = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

// A link in node_modules/.bin or /usr/bin points here.
const folder = path.dirname(require("node:fs").realpathSync(__filename));
const name = path.basename(require("node:fs").realpathSync(__filename), ".cjs");
const file = path.join(folder, `${name}.bundle.cjs`);

const cacheFile = path.join(folder, `${name}.${process.version}.cache`);

/** The cache, if the build or a rebuild left one. */
function readCache() {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined; // none: slower, not wrong
  }
}

// The build wraps the bundle in a function and writes ASCII: read like this it is in memory once.
const script = new vm.Script(readFileSync(file, "latin1"), { filename: file, cachedData: readCache() });
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, require("node:module").createRequire(file), bundle, file, folder);
module.exports = { script, cacheFile, bundle: bundle.exports };
