/** The same calls through both router backends: the same bytes, metadata and ends come out on both sides. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { seeded } from "../../http2/support/fuzzer.js";
import { eventually } from "../../support/eventually.js";
import { openPassThrough } from "../support/open-pass-through.js";
import { answerOf, field, named, type RawClient, rawClient } from "../support/raw-client.js";
import { echo, hang, type RawModule } from "../support/raw-module.js";
import { ECHO_SERVICE, startServer } from "../support/start-server.js";

interface Plan {
  readonly method: string;
  readonly messages: readonly Buffer[];
  readonly metadata: readonly (readonly [string, string | Buffer])[];
  readonly ending: "whole" | "cancel" | "deadline";
  readonly isCompressed: boolean;
}

const CALLS = 250;

function plans(seed: number): readonly Plan[] {
  const random = seeded(seed);
  const text = (length: number): string => Array.from({ length }, () => String.fromCharCode(33 + random(94))).join("");
  return Array.from({ length: CALLS }, (_, index) => {
    const name = random(12) === 0 ? "nobody" : "one";
    const first =
      random(6) === 0
        ? Buffer.concat([field(2, Buffer.alloc(random(30_000), 1)), named(name)])
        : named(name, Buffer.alloc(random(5000), index));
    const broken = random(25) === 0 ? [Buffer.from([0xff, 0xff, 0xff])] : undefined;
    const more =
      random(3) === 0 ? Array.from({ length: random(20) }, () => Buffer.alloc(random(random(10) === 0 ? 200_000 : 2000), random(256))) : [];
    const method = ["Echo", "Echo", "Echo", "Fail", "Early", "Hang", "Nothing"][random(7)] ?? "Echo";
    const metadata = Array.from({ length: random(6) }, (): readonly [string, string | Buffer] =>
      random(3) === 0 ? [`x-${random(10)}-bin`, Buffer.from(text(random(40)))] : [`x-${random(10)}`, text(1 + random(100))],
    );
    const ending = method === "Hang" ? (["cancel", "deadline"] as const)[random(2)] : "whole";
    return { method, messages: broken ?? [first, ...more], metadata, ending: ending ?? "whole", isCompressed: false };
  });
}

interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
}

async function make(client: RawClient, module: RawModule, plan: Plan): Promise<Outcome> {
  const metadata = new Metadata();
  for (const [key, value] of plan.metadata) metadata.add(key, value);
  const seenBefore = module.calls.length;
  if (plan.ending === "deadline") metadata.add("grpc-timeout", "60m");
  const call = client.open(`/${ECHO_SERVICE}/${plan.method}`, { metadata });
  const answering = answerOf(call);
  for (const message of plan.messages) call.write(message);
  if (plan.ending === "whole") call.end();
  if (plan.ending === "cancel") {
    // Where the call is refused there is nothing to cancel.
    await Promise.race([answering, eventually("the module has the call", () => module.calls.length > seenBefore)]);
    call.cancel();
  }
  const { status, messages, headers } = await answering;
  const ours = new Set(["opid", "date", "content-type"]);
  const list = (found: Metadata | undefined): readonly string[] =>
    Object.keys(found?.getMap() ?? {})
      .filter((key) => !ours.has(key))
      .sort()
      .map((key) => `${key}=${found?.get(key).map(String).join("|")}`);
  return {
    code: status.code,
    details: status.details,
    messages: messages.map((one) => one.toString("base64")),
    headers: list(headers),
    trailers: list(status.metadata),
  };
}

async function run(
  t: TestContext,
  seed: number,
  isOracle: boolean,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly seen: readonly string[] }> {
  const server = await startServer(t, isOracle ? { openBackend: openPassThrough } : {});
  const module = await server.module("one", {
    Echo: (call, seen) => {
      const back = new Metadata();
      for (const [key, values] of Object.entries(call.metadata.toJSON()))
        if (key.startsWith("x-")) for (const value of values) back.add(key, value);
      call.sendMetadata(back);
      echo(call, seen);
    },
    Fail: (call) => {
      call.on("data", () => undefined);
      call.on("end", () => call.emit("error", { code: 9, details: "gröber Fehler %", metadata: new Metadata() }));
    },
    Early: (call) => {
      call.once("data", () => call.emit("error", { code: 6, details: "enough", metadata: new Metadata() }));
    },
    Hang: hang,
  });
  const client = rawClient(t, server.target);
  const outcomes: Outcome[] = [];
  for (const plan of plans(seed)) outcomes.push(await make(client, module, plan));
  const seen = module.calls.map(({ method, metadata }) => {
    const map = metadata.getMap();
    return `${method} ${Object.keys(map)
      .filter((key) => key !== "opid")
      .sort()
      .map((key) => `${key}=${String(map[key])}`)
      .join(" ")}`;
  });
  return { outcomes, seen };
}

for (const seed of [1, 20_261]) {
  test(`${CALLS} random calls end alike through both backends (seed ${seed})`, async (t) => {
    const expected = await run(t, seed, true);
    const found = await run(t, seed, false);
    assert.equal(found.outcomes.length, CALLS);
    for (const [index, outcome] of found.outcomes.entries()) assert.deepEqual(outcome, expected.outcomes[index], `call ${index}`);
    assert.deepEqual(found.seen, expected.seen);
  });
}
