/** Independent HTTP/2 implementations against the router: nghttp2's tools, and h2 from PyPI as client and as module. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { millis } from "../../src/base/millis.js";
import { HeaderDecoder } from "../../src/http2/header-decoding.js";
import { HeaderEncoder } from "../../src/http2/header-encoding.js";
import { headerField } from "../../src/http2/header-field.js";
import { singleList } from "../../src/http2/header-list.js";
import { seeded } from "../http2/support/fuzzer.js";
import { encodeBlock, inOrder, pairsOf } from "../http2/support/header-blocks.js";
import { answering, type Legs, startLegs } from "../http2/support/legs.js";
import { MESSAGE } from "../http2/support/raw-frames.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";
import { interopSource } from "./support/cache.js";
import { runProgram } from "./support/run-program.js";
import { pythonProgram } from "./support/toolchains.js";

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

/** The router between a client and a module that are both made of PyPI's h2. */
async function startH2(t: TestContext): Promise<Legs> {
  const address = path.join(tempFolder(t), "h2.sock");
  const module = spawn(pythonProgram(), ["-B", interopSource("python", "h2_module.py"), address], { stdio: ["pipe", "ignore", "inherit"] });
  t.after(() => module.kill("SIGKILL"));
  await eventually("the module listens", () => existsSync(address), 20_000);
  return startLegs(t, { address });
}

async function runH2(legs: Legs, scenario: string): Promise<unknown> {
  const args = ["-B", interopSource("python", "h2_client.py"), "127.0.0.1", String(legs.port), scenario];
  return JSON.parse(await runProgram(pythonProgram(), args));
}

const SCENARIOS: readonly (readonly [title: string, scenario: string, outcome: unknown])[] = [
  ["a unary call", "unary", { messages: ["hello"], status: "0", http: "200" }],
  ["a stream of 1,000 messages", "stream", { same: true, status: "0" }],
  ["100 messages back and forth", "bidi", { same: true, status: "0" }],
  ["1 MiB both ways on two streams, with both ends' small windows", "big", { same: [true, true], status: ["0", "0"] }],
  ["padding both ways", "padding", { same: true, status: "0" }],
  ["header blocks that need CONTINUATION both ways", "continuation", { same: true, note: "n", more: true, status: "0" }],
  ["an answer of trailers alone", "trailers_only", { status: "5", message: "Gr%C3%B6%C3%9Fe", messages: 0, trailers: {} }],
  ["RST_STREAM by the module in the middle", "cut_by_module", { messages: ["one"], status: "13", next: "0" }],
  ["RST_STREAM by the client in the middle", "cut_by_client", { next: "0", seen: [8] }],
  ["PING", "ping", { answer: "12345678" }],
  [
    "GOAWAY by the module: who is there may finish, the next call takes another connection",
    "module_leaves",
    { messages: ["one", "two"], status: "0", after: "0", connections: 1, pings: true },
  ],
  ["GOAWAY by the client: its call is served to the end", "client_leaves", { messages: ["one", "two"], status: "0" }],
];

test("h2 of PyPI as client and as module", async (t) => {
  const legs = await startH2(t);
  for (const [title, scenario, outcome] of SCENARIOS) {
    await t.test(title, async () => assert.deepEqual(await runH2(legs, scenario), outcome));
  }
  await t.test("the module got long header blocks in CONTINUATION frames", async () => {
    assert.ok(((await runH2(legs, "module_seen")) as { continuations: number }).continuations > 0);
  });
  await eventually("all calls have ended", () => legs.open() === 0);
});

test("h2 of PyPI: a server that closes warns first, waits for what is under way and takes nothing new", async (t) => {
  const legs = await startH2(t);
  const args = ["-B", interopSource("python", "h2_client.py"), "127.0.0.1", String(legs.port), "server_leaves"];
  const client = spawn(pythonProgram(), args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => client.kill("SIGKILL"));
  let output = "";
  client.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await eventually("a call under way", () => output.startsWith("open\n"), 20_000);
  await legs.backend.close(millis(15_000));
  await eventually("the client's end", () => client.exitCode !== null, 20_000);
  assert.deepEqual(JSON.parse(output.slice("open\n".length)), {
    messages: ["one", "two"],
    status: "0",
    goaways: [
      [0x7fffffff, 0],
      [1, 0],
    ],
  });
});

type Fields = readonly (readonly [name: string, value: string])[];

/** What gRPC sends, and what it might: fields that come again, that never do, that are large, that are secret. */
function someFields(random: (below: number) => number): Fields {
  const text = (length: number): string => Array.from({ length }, () => String.fromCharCode(32 + random(95))).join("");
  const fields = Array.from({ length: random(12) }, (): readonly [string, string] => {
    switch (random(7)) {
      case 0:
        return [":path", `/test.Service${random(4)}/Method${random(10)}`];
      case 1:
        return ["content-type", "application/grpc"];
      case 2:
        return ["authorization", `Bearer ${text(40)}`];
      case 3:
        return ["grpc-timeout", `${random(99_999)}m`];
      case 4:
        return [`x-${random(20)}`, text(random(random(8) === 0 ? 5000 : 60))];
      case 5:
        return [`x-high-${random(3)}`, Buffer.from(Array.from({ length: random(20) }, () => random(256))).toString("latin1")];
      default:
        return [`x-steady-${random(15)}`, "the same every time"];
    }
  });
  return [[":method", "POST"], ...fields];
}

test("hpack of PyPI reads our header blocks and we read its, while the table grows and shrinks", async () => {
  const random = seeded(7541);
  const sizes = [0, 64, 100, 1000, 4096];
  let size = 4096;
  const lists = Array.from({ length: 2000 }, () => {
    if (random(25) === 0) size = sizes[random(sizes.length)] ?? 4096;
    return { size, fields: someFields(random) };
  });
  const encoder = new HeaderEncoder(4096);
  const ours = lists.map((list) => {
    encoder.resize(list.size);
    return [list.size, encodeBlock(encoder, singleList(list.fields.map(([name, value]) => headerField(name, value)))).toString("hex")];
  });
  const order = { decode: ours, encode: lists.map((list) => [list.size, list.fields]) };
  const output = await runProgram(pythonProgram(), ["-B", interopSource("python", "hpack_peer.py")], { input: JSON.stringify(order) });
  const theirs = JSON.parse(output) as { decode: Fields[]; encode: string[] };
  const expected = lists.map((list) => list.fields);
  assert.deepEqual(theirs.decode, expected);
  const decoder = new HeaderDecoder({ tableSize: 4096, listSize: 65_536 });
  const decoded = theirs.encode.map((hex) => {
    const block = Buffer.from(hex, "hex");
    const list = decoder.decode(block, 0, block.length);
    return list === undefined ? undefined : pairsOf(list);
  });
  assert.deepEqual(decoded, expected.map(inOrder));
});
