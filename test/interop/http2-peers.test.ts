/** Independent HTTP/2 implementations against the router: nghttp2's tools, and h2 from PyPI as client and as module. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { answering, startLegs } from "../http2/support/legs.js";
import { MESSAGE } from "../http2/support/raw-frames.js";
import { tempFolder } from "../support/temp-folder.js";

const run = promisify(execFile);
const LIMIT = { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
const CALL = ["-H", "content-type: application/grpc", "-H", "te: trailers"] as const;
const isThere = (tool: string): boolean => (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(path.join(folder, tool)));

test("h2load: 20,000 calls on 20 connections with 50 streams each, every answer with its bytes", {
  skip: !isThere("h2load") && "no h2load here",
}, async (t) => {
  const legs = await startLegs(t, { module: answering });
  const body = path.join(tempFolder(t), "body");
  writeFileSync(body, MESSAGE);
  const { stdout } = await run(
    "h2load",
    ["-n", "20000", "-c", "20", "-m", "50", "-d", body, ...CALL, `http://127.0.0.1:${legs.port}/test.Service/Method`],
    LIMIT,
  );
  assert.match(stdout, /20000 done, 20000 succeeded, 0 failed, 0 errored/);
  // An error would be an answer without a message.
  assert.match(stdout, new RegExp(`\\(${20_000 * MESSAGE.length}\\) data`));
});

test("nghttp: one call with padding, continuation and a small window", { skip: !isThere("nghttp") && "no nghttp here" }, async (t) => {
  const legs = await startLegs(t, { module: answering });
  const body = path.join(tempFolder(t), "body");
  writeFileSync(body, MESSAGE);
  const { stdout } = await run(
    "nghttp",
    ["-v", "-b", "20", "-w", "8", "--continuation", "-d", body, ...CALL, `http://127.0.0.1:${legs.port}/test.Service/Method`],
    LIMIT,
  );
  assert.match(stdout, /grpc-status: 0/);
  assert.doesNotMatch(stdout, /error_code=(?!NO_ERROR)/);
});
