/** What every router backend must do, whatever carries the bytes: the same tests for each. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import http2 from "node:http2";
import path from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { compressionAlgorithms, Metadata, status as Status } from "@grpc/grpc-js";
import { eventually } from "../../support/eventually.js";
import { answerOf, field, named, rawClient } from "./raw-client.js";
import { collect, echo, failWith, hang } from "./raw-module.js";
import { ECHO_SERVICE, type startServer as StartServer } from "./start-server.js";

const ECHO = `/${ECHO_SERVICE}/Echo`;

export function routerSuite(startServer: typeof StartServer): void {
  test("a unary call of a custom API passes as bytes and the answer comes back with an operation id", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", { Echo: echo });
    const client = rawClient(t, machine.target);
    const request = named("one", Buffer.from([0, 1, 2, 255]));
    const answer = await client.call(ECHO, [request]);
    assert.equal(answer.status.code, Status.OK);
    assert.deepEqual(answer.messages, [request]);
    const [opid] = answer.headers?.get("opid") ?? [];
    assert.match(String(opid), /^[0-9a-f-]{36}$/);
    assert.deepEqual(module.calls[0]?.metadata.get("opid"), [opid]);
  });

  test("two modules are told apart by the name alone", async (t) => {
    const machine = await startServer(t);
    const one = await machine.module("one", { Echo: echo });
    const two = await machine.module("two", { Echo: echo });
    const client = rawClient(t, machine.target);
    await Promise.all(Array.from({ length: 20 }, (_, index) => client.call(ECHO, [named(index % 4 === 0 ? "two" : "one")])));
    assert.equal(one.calls.length, 15);
    assert.equal(two.calls.length, 5);
  });

  test("server, client and bidi streams pass in order", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", { Echo: echo, Collect: collect });
    const client = rawClient(t, machine.target);
    const messages = Array.from({ length: 1000 }, (_, index) => named("one", Buffer.from(`message ${index} ${"x".repeat(index)}`)));
    const echoed = await client.call(ECHO, messages);
    assert.equal(echoed.status.code, Status.OK);
    assert.deepEqual(echoed.messages, messages);
    const collected = await client.call(`/${ECHO_SERVICE}/Collect`, messages);
    const size = messages.reduce((sum, message) => sum + message.length, 0);
    assert.equal(String(collected.messages[0]), `1000 messages, ${size} bytes`);
  });

  test("a bidi stream is a conversation: each answer comes before the next question", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", { Echo: echo });
    const call = rawClient(t, machine.target).open(ECHO);
    const answers: string[] = [];
    call.on("data", (message: Buffer) => {
      answers.push(message.toString("latin1", 7));
      if (answers.length === 50) call.end();
      else call.write(named("one", Buffer.from(String(answers.length))));
    });
    call.write(named("one", Buffer.from("0")));
    await new Promise((resolve) => call.on("status", resolve));
    assert.deepEqual(
      answers,
      Array.from({ length: 50 }, (_, index) => String(index)),
    );
  });

  for (const mebibytes of [8, 31]) {
    test(`a message of ${mebibytes} MiB passes both ways`, async (t) => {
      const machine = await startServer(t);
      await machine.module("one", { Echo: echo });
      const client = rawClient(t, machine.target);
      const request = named("one", Buffer.alloc(mebibytes * 1024 * 1024, 0x5a));
      const answer = await client.call(ECHO, [request]);
      assert.equal(answer.status.code, Status.OK);
      assert.ok(answer.messages[0]?.equals(request));
    });
  }

  test("a first message above 32 MiB is refused by its length alone", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", { Echo: echo });
    const answer = await rawClient(t, machine.target).call(ECHO, [named("one", Buffer.alloc(33 * 1024 * 1024))]);
    assert.equal(answer.status.code, Status.RESOURCE_EXHAUSTED);
    assert.match(answer.status.details, /limit is 33554432/);
  });

  test("the name is found behind other fields, also behind a large one", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", { Echo: echo });
    const client = rawClient(t, machine.target);
    const behind = Buffer.concat([field(2, Buffer.alloc(3_000_000, 1)), field(99, Buffer.from("x")), field(1, Buffer.from("one"))]);
    const answer = await client.call(ECHO, [behind]);
    assert.equal(answer.status.code, Status.OK);
    assert.ok(answer.messages[0]?.equals(behind));
  });

  test("metadata passes both ways: repeated, binary, empty; secrets and session ids stay here", async (t) => {
    const machine = await startServer(t);
    const trailer = Buffer.from([0, 255, 7]);
    const module = await machine.module("one", {
      Echo: (call) => {
        const headers = new Metadata();
        headers.add("x-back", "1");
        headers.add("x-back", "2");
        headers.add("back-bin", Buffer.from([1, 0, 200]));
        call.sendMetadata(headers);
        const trailers = new Metadata();
        trailers.add("x-end", "a");
        trailers.add("x-end", "b");
        trailers.add("end-bin", trailer);
        call.on("data", () => undefined);
        call.on("end", () => call.end(trailers));
      },
    });
    const metadata = new Metadata();
    metadata.add("x-many", "one");
    metadata.add("x-many", "two, three");
    metadata.add("x-empty", "");
    metadata.add("x-bin", Buffer.from([0, 1, 254, 255]));
    metadata.add("x-long", "y".repeat(30_000));
    metadata.add("viam-metadata-trace", "t");
    metadata.add("authorization", "Bearer secret");
    metadata.add("viam-sid", "nobody");
    metadata.add("pinion-caller", "control");
    const answer = await rawClient(t, machine.target).call(ECHO, [named("one")], { metadata });
    const seen = module.calls[0]?.metadata;
    // grpc-js joins repeated text fields itself when it reads them.
    assert.deepEqual(seen?.get("x-many"), ["one, two, three"]);
    assert.deepEqual(seen?.get("x-empty"), [""]);
    assert.deepEqual(seen?.get("x-bin"), [Buffer.from([0, 1, 254, 255])]);
    assert.deepEqual(seen?.get("x-long"), ["y".repeat(30_000)]);
    assert.deepEqual(seen?.get("viam-metadata-trace"), ["t"]);
    for (const key of ["authorization", "viam-sid", "pinion-caller"]) assert.deepEqual(seen?.get(key), [], key);
    assert.deepEqual(answer.headers?.get("x-back"), ["1, 2"]);
    assert.deepEqual(answer.headers?.get("back-bin"), [Buffer.from([1, 0, 200])]);
    assert.deepEqual(answer.status.metadata.get("x-end"), ["a, b"]);
    assert.deepEqual(answer.status.metadata.get("end-bin"), [trailer]);
  });

  test("repeated fields stay apart on the wire in both directions", async (t) => {
    const machine = await startServer(t);
    const seen: string[][] = [];
    const module = http2.createServer();
    module.on("stream", (stream: http2.ServerHttp2Stream, _headers: unknown, _flags: unknown, raw: string[]) => {
      seen.push(raw);
      stream.respond({ ":status": 200, "content-type": "application/grpc", "x-back": ["1", "2"] }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-end": ["a", "b"] }));
      stream.resume();
      stream.on("end", () => stream.end());
    });
    const address = path.join(machine.folder, "raw.sock");
    await new Promise<void>((resolve) => module.listen(address, resolve));
    t.after(() => module.close());
    machine.machine.addModule("raw", address, { "acme:component:echo": ECHO_SERVICE });
    machine.machine.addResource("acme:component:echo", "raw", "raw");
    const session = http2.connect(`http://127.0.0.1:${machine.port}`);
    t.after(() => session.destroy());
    const stream = session.request({
      ":method": "POST",
      ":path": ECHO,
      "content-type": "application/grpc",
      te: "trailers",
      "x-many": ["a", "b"],
    });
    const answers: string[] = [];
    stream.on("response", (_headers: unknown, _flags: unknown, raw: string[]) => answers.push(...raw));
    stream.on("trailers", (_headers: unknown, _flags: unknown, raw: string[]) => answers.push(...raw));
    stream.resume();
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, 5]), named("raw")]));
    await new Promise((resolve) => stream.once("close", resolve));
    const valuesOf = (raw: readonly string[], name: string): readonly string[] => raw.filter((_, index) => raw[index - 1] === name);
    assert.deepEqual(valuesOf(seen[0] ?? [], "x-many"), ["a", "b"]);
    assert.deepEqual(valuesOf(answers, "x-back"), ["1", "2"]);
    assert.deepEqual(valuesOf(answers, "x-end"), ["a", "b"]);
  });

  test("an error without messages passes with its text in any script, and its trailers", async (t) => {
    const machine = await startServer(t);
    const text = "Größe 100 % überschritten: 電圧が高い\n🤖";
    await machine.module("one", { Echo: failWith(Status.FAILED_PRECONDITION, text, { "why-bin": Buffer.from([9, 0]) }) });
    const { status } = await rawClient(t, machine.target).call(ECHO, [named("one")]);
    assert.equal(status.code, Status.FAILED_PRECONDITION);
    assert.equal(status.details, text);
    assert.deepEqual(status.metadata.get("why-bin"), [Buffer.from([9, 0])]);
  });

  test("an error after messages passes with the messages", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", {
      Echo: (call) => {
        call.on("data", () => undefined);
        call.write(Buffer.from("first"));
        call.on("end", () => call.emit("error", { code: Status.DATA_LOSS, details: "half", metadata: new Metadata() }));
      },
    });
    const answer = await rawClient(t, machine.target).call(ECHO, [named("one")]);
    assert.deepEqual(answer.messages.map(String), ["first"]);
    assert.equal(answer.status.code, Status.DATA_LOSS);
  });

  test("a client's cancel reaches the module", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", { Echo: hang });
    const call = rawClient(t, machine.target).open(ECHO);
    const answer = answerOf(call);
    call.write(named("one"));
    const seen = await eventually("the module has the call", () => module.calls[0]);
    call.cancel();
    await eventually("the module sees the cancel", () => seen.isCancelled);
    assert.equal((await answer).status.code, Status.CANCELLED);
  });

  test("a client whose connection breaks cancels its calls", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", { Echo: hang });
    const client = rawClient(t, machine.target);
    const call = client.open(ECHO);
    call.on("error", () => undefined);
    call.write(named("one"));
    const seen = await eventually("the module has the call", () => module.calls[0]);
    call.cancel();
    client.channel.close();
    await eventually("the module sees the cancel", () => seen.isCancelled);
  });

  test("a deadline ends the call here even where the module ignores it", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", { Echo: hang });
    const metadata = new Metadata();
    // Sent by hand, so that it is not the client who ends the call.
    metadata.add("grpc-timeout", "80m");
    const answer = await rawClient(t, machine.target).call(ECHO, [named("one")], { metadata });
    assert.equal(answer.status.code, Status.DEADLINE_EXCEEDED);
    assert.match(answer.status.details, /did not end within its deadline of 80ms/);
    assert.deepEqual(module.calls[0]?.metadata.get("grpc-timeout").length, 0, "grpc-js takes it as its deadline");
    await eventually("the module is told", () => module.calls[0]?.isCancelled);
  });

  test("a module that dies during a call gives UNAVAILABLE with its name, before and after the first answer", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", {
      Echo: hang,
      Talk: (call) => {
        call.on("data", () => undefined);
        call.write(Buffer.from("so far"));
      },
    });
    const client = rawClient(t, machine.target);
    const silent = client.call(ECHO, [named("one")]);
    const talking = client.open(`/${ECHO_SERVICE}/Talk`);
    const talked = answerOf(talking);
    talking.write(named("one"));
    await new Promise((resolve) => talking.once("data", resolve));
    await eventually("both calls are there", () => module.calls.length === 2);
    module.close();
    for (const answer of [await silent, await talked]) {
      assert.equal(answer.status.code, Status.UNAVAILABLE);
      assert.match(answer.status.details, /module "one" went away during \/acme.echo.v1.EchoService\//);
    }
  });

  test("a module process that is killed during calls gives UNAVAILABLE, and its successor is called", async (t) => {
    const machine = await startServer(t);
    const start = async (address: string): Promise<() => void> => {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, "killable-module.js"), address], { stdio: "ignore" });
      t.after(() => child.kill("SIGKILL"));
      await eventually("the module listens", () => existsSync(address));
      return () => void child.kill("SIGKILL");
    };
    const kill = await start(path.join(machine.folder, "k1.sock"));
    const module = machine.machine.addModule("victim", path.join(machine.folder, "k1.sock"), { "acme:component:echo": ECHO_SERVICE });
    machine.machine.addResource("acme:component:echo", "victim", "victim");
    const client = rawClient(t, machine.target);
    assert.equal((await client.call(ECHO, [named("victim")])).status.code, Status.OK);
    const pending = ["Hang", "Talk", "Flood"].map((method) => {
      const call = client.open(`/${ECHO_SERVICE}/${method}`);
      call.write(named("victim", Buffer.alloc(300_000)));
      return { call, answer: answerOf(call) };
    });
    await Promise.all(pending.slice(1).map(({ call }) => new Promise((resolve) => call.once("data", resolve))));
    kill();
    for (const { answer } of pending) {
      const { status } = await answer;
      assert.equal(status.code, Status.UNAVAILABLE, status.details);
      assert.match(status.details, /module "victim"/);
    }
    await start(path.join(machine.folder, "k2.sock"));
    module.address = path.join(machine.folder, "k2.sock");
    module.incarnation = 2;
    assert.equal((await client.call(ECHO, [named("victim")])).status.code, Status.OK);
  });

  test("a dropped incarnation ends its calls, and the next incarnation is reached at its new address", async (t) => {
    const machine = await startServer(t);
    const old = await machine.module("one", { Echo: hang });
    const client = rawClient(t, machine.target);
    const pending = client.call(ECHO, [named("one")]);
    await eventually("the call is there", () => old.calls.length === 1);
    machine.server.dropModule("one", 1);
    const { status } = await pending;
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.match(status.details, /module "one" .* it is being stopped/);
    const next = await machine.module("one-again", { Echo: echo });
    const module = machine.machine.modules.get("one");
    assert.ok(module);
    module.address = next.address;
    module.incarnation = 2;
    assert.equal((await client.call(ECHO, [named("one")])).status.code, Status.OK);
  });

  test("a module that cannot be connected to gives UNAVAILABLE at once", async (t) => {
    const machine = await startServer(t);
    machine.machine.addModule("ghost", `${machine.folder}/ghost.sock`, { "acme:component:echo": ECHO_SERVICE });
    machine.machine.addResource("acme:component:echo", "ghost", "ghost");
    const { status } = await rawClient(t, machine.target).call(ECHO, [named("ghost")]);
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.match(status.details, /module "ghost" .*ENOENT/);
  });

  test("what cannot be routed is told with the documented codes", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", { Echo: echo });
    await machine.module("broken", { Echo: echo });
    const broken = [...machine.machine.resources].find(([name]) => name.endsWith("/broken"));
    assert.ok(broken);
    broken[1].isReady = false;
    const client = rawClient(t, machine.target);
    const statusOf = async (path: string, message: Buffer): Promise<readonly [number, string]> => {
      const { status } = await client.call(path, [message]);
      return [status.code, status.details];
    };
    const [unknownCode, unknownText] = await statusOf("/acme.other.v1.Other/Do", named("one"));
    assert.equal(unknownCode, Status.UNIMPLEMENTED);
    assert.match(unknownText, /unknown service acme.other.v1.Other/);
    assert.deepEqual(await statusOf(ECHO, named("nobody")), [Status.UNKNOWN, "no node found with api acme:component:echo and name nobody"]);
    const [missingCode, missingText] = await statusOf(ECHO, Buffer.alloc(0));
    assert.equal(missingCode, Status.UNKNOWN);
    assert.match(missingText, /unable to determine resource name/);
    const [brokenCode, brokenText] = await statusOf(ECHO, named("broken"));
    assert.equal(brokenCode, Status.UNKNOWN);
    assert.match(brokenText, /not available; reason=no device/);
    assert.equal((await statusOf(`/${ECHO_SERVICE}/Nothing`, named("one")))[0], Status.UNIMPLEMENTED);
    assert.equal((await statusOf(ECHO, Buffer.from([0xff, 0xff])))[0], Status.INTERNAL);
  });

  test("an unknown service is told without waiting for a first message", async (t) => {
    const machine = await startServer(t);
    const call = rawClient(t, machine.target).open("/proto.rpc.webrtc.v1.SignalingService/Call");
    assert.equal((await answerOf(call)).status.code, Status.UNIMPLEMENTED);
  });

  test("a compressed first message is read for its name and passed on compressed", async (t) => {
    const machine = await startServer(t);
    const module = await machine.module("one", { Echo: echo });
    const client = rawClient(t, machine.target, { "grpc.default_compression_algorithm": compressionAlgorithms.gzip });
    const request = named("one", Buffer.alloc(100_000, 7));
    const answer = await client.call(ECHO, [request]);
    assert.equal(answer.status.code, Status.OK);
    assert.ok(answer.messages[0]?.equals(request));
    assert.equal(module.calls.length, 1);
    assert.ok(gzipSync(request).length < request.length / 100);
  });

  test("1500 calls with random metadata and sizes keep their own answers", async (t) => {
    const machine = await startServer(t);
    await machine.module("one", {
      Echo: (call) => {
        const trailers = new Metadata();
        for (const value of call.metadata.get("x-tag")) trailers.add("x-tag", value);
        call.on("data", (message: Buffer) => call.write(message));
        call.on("end", () => call.end(trailers));
      },
    });
    const client = rawClient(t, machine.target);
    let seed = 42;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 1500) {
        const index = next;
        next += 1;
        const metadata = new Metadata();
        metadata.add("x-tag", `tag-${index}`);
        for (let extra = random(6); extra > 0; extra -= 1) metadata.add(`x-key-${random(40)}`, "v".repeat(random(200)));
        const request = named("one", Buffer.alloc(random(5000) + 1, index % 256));
        const answer = await client.call(ECHO, [request], { metadata });
        assert.equal(answer.status.code, Status.OK);
        assert.ok(answer.messages[0]?.equals(request));
        assert.deepEqual(answer.status.metadata.get("x-tag"), [`tag-${index}`]);
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
  });

  test("a slow reader holds back its own stream only", async (t) => {
    const machine = await startServer(t);
    let written = 0;
    await machine.module("one", {
      Flood: (call) => {
        call.on("data", () => undefined);
        const chunk = Buffer.alloc(64 * 1024);
        const pump = (): void => {
          while (written < 200_000_000 && !call.cancelled) {
            written += chunk.length;
            if (!call.write(chunk)) {
              call.once("drain", pump);
              return;
            }
          }
        };
        pump();
      },
      Echo: echo,
    });
    const client = rawClient(t, machine.target);
    const slow = client.open(`/${ECHO_SERVICE}/Flood`);
    slow.on("error", () => undefined);
    slow.write(named("one"));
    await new Promise((resolve) => slow.once("readable", resolve));
    for (let index = 0; index < 50; index += 1) {
      assert.equal((await client.call(ECHO, [named("one", Buffer.alloc(10_000))])).status.code, Status.OK);
    }
    assert.ok(written < 20_000_000, `the module could write ${written} bytes that nobody reads`);
    slow.cancel();
  });
}
