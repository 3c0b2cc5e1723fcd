/** What a call in flight is told when the process behind it is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { status as Status } from "@grpc/grpc-js";
import { eventually } from "../../support/eventually.js";
import { named, rawClient } from "../support/raw-client.js";
import { hang } from "../support/raw-module.js";
import { ECHO_SERVICE, startServer } from "../support/start-server.js";

test("a call in flight learns why the process died, although that is known only after its connection is lost", async (t) => {
  const machine = await startServer(t);
  const module = await machine.module("one", { Echo: hang });
  const answer = rawClient(t, machine.target).call(`/${ECHO_SERVICE}/Echo`, [named("one")]);
  await eventually("the call is there", () => module.calls.length === 1);
  module.close();
  // What the supervisor hears of its child comes a turn of the event loop later at the earliest.
  setTimeout(() => machine.server.dropModule("one", 1, 'the process of module "one" was ended by SIGKILL'), 5);
  const { status } = await answer;
  assert.equal(status.code, Status.UNAVAILABLE);
  assert.match(status.details, /module "one" went away during .*: the process of module "one" was ended by SIGKILL/);
});
