import assert from "node:assert/strict";
import test from "node:test";
import { status as Status } from "@grpc/grpc-js";
import { eventually } from "../support/eventually.js";
import { answerOf, named, rawClient } from "./support/raw-client.js";
import { echo, hang, startRawModuleAt } from "./support/raw-module.js";
import { ECHO_API, ECHO_SERVICE, startServer } from "./support/start-server.js";

const ECHO = `/${ECHO_SERVICE}/Echo`;

test("150 streams to a module that allows 100 at a time all get through, and never more than 100 at once", async (t) => {
  const machine = await startServer(t, { requestLimit: 1000 });
  let open = 0;
  let most = 0;
  const address = `${machine.folder}/busy.sock`;
  const handlers = {
    Echo: (call: Parameters<typeof echo>[0], seen: Parameters<typeof echo>[1]): void => {
      open += 1;
      most = Math.max(most, open);
      call.on("end", () => {
        open -= 1;
      });
      echo(call, seen);
    },
  };
  await startRawModuleAt(t, address, { [ECHO_SERVICE]: handlers }, { "grpc.max_concurrent_streams": 100 });
  machine.machine.addModule("busy", address, { [ECHO_API]: ECHO_SERVICE });
  machine.machine.addResource(ECHO_API, "busy", "busy");
  const client = rawClient(t, machine.target);
  const calls = Array.from({ length: 150 }, (_, index) => {
    const call = client.open(ECHO);
    const answer = answerOf(call);
    call.write(named("busy", Buffer.from(`number ${index}`)));
    return { call, answer };
  });
  await eventually("the module is full", () => open === 100);
  for (const { call } of calls) call.end();
  const answers = await Promise.all(calls.map(({ answer }) => answer));
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.status.code, Status.OK);
    assert.deepEqual(answer.messages.map(String), [named("busy", Buffer.from(`number ${index}`)).toString()]);
  }
  assert.equal(most, 100);
});

test("calls beyond the limit per resource and service are refused; other resources and the log are not concerned", async (t) => {
  const machine = await startServer(t, { requestLimit: 3 });
  const module = await machine.module("one", { Echo: hang });
  machine.machine.addResource(ECHO_API, "other", "one");
  const client = rawClient(t, machine.target);
  const pending = Array.from({ length: 3 }, () => {
    const call = client.open(ECHO);
    const answer = answerOf(call);
    call.write(named("one"));
    return { call, answer };
  });
  await eventually("three calls are there", () => module.calls.length === 3);
  const refused = await client.call(ECHO, [named("one")]);
  assert.equal(refused.status.code, Status.RESOURCE_EXHAUSTED);
  assert.match(refused.status.details, /limit 3 on resource one\.acme\.echo\.v1\.EchoService/);
  const other = client.open(ECHO);
  const otherAnswer = answerOf(other);
  other.write(named("other"));
  await eventually("another resource is called", () => module.calls.length === 4);
  for (const { call } of [...pending, { call: other }]) call.cancel();
  await Promise.all([...pending.map(({ answer }) => answer), otherAnswer]);
  const again = client.open(ECHO);
  const againAnswer = answerOf(again);
  again.write(named("one"));
  await eventually("there is room again", () => module.calls.length === 5);
  again.cancel();
  await againAnswer;
});

test("the one connection to a module is shared by all clients", async (t) => {
  const machine = await startServer(t);
  const module = await machine.module("one", { Echo: echo });
  await Promise.all(Array.from({ length: 5 }, () => rawClient(t, machine.target).call(ECHO, [named("one")])));
  assert.equal(new Set(module.calls.map(({ call }) => call.getPeer())).size, 1);
  assert.equal(module.calls.length, 5);
});

test("a call that waits for its turn can be cancelled, and its deadline counts", async (t) => {
  const machine = await startServer(t, { requestLimit: 1000 });
  const address = `${machine.folder}/narrow.sock`;
  const module = await startRawModuleAt(t, address, { [ECHO_SERVICE]: { Echo: echo } }, { "grpc.max_concurrent_streams": 2 });
  machine.machine.addModule("narrow", address, { [ECHO_API]: ECHO_SERVICE });
  machine.machine.addResource(ECHO_API, "narrow", "narrow");
  const client = rawClient(t, machine.target);
  assert.equal((await client.call(ECHO, [named("narrow")])).status.code, Status.OK);
  const open = (timeoutMs?: number) => {
    const call = client.open(ECHO, timeoutMs === undefined ? {} : { timeoutMs });
    const answer = answerOf(call);
    call.write(named("narrow"));
    return { call, answer };
  };
  const running = [open(), open()];
  await eventually("the module is full", () => module.calls.length === 3);
  const cancelled = open();
  const late = open(100);
  cancelled.call.cancel();
  assert.equal((await cancelled.answer).status.code, Status.CANCELLED);
  assert.equal((await late.answer).status.code, Status.DEADLINE_EXCEEDED);
  for (const { call } of running) call.end();
  for (const { answer } of running) assert.equal((await answer).status.code, Status.OK);
  assert.equal((await client.call(ECHO, [named("narrow")])).status.code, Status.OK);
});
