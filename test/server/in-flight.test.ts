import assert from "node:assert/strict";
import test from "node:test";
import { InFlight, type Place } from "../../src/server/in-flight.js";

const MOTOR = "motor.Service";
const ARM = "arm.Service";
/** So many places are kept, empty or not. */
const KEPT = 4096;

function enterAll(inFlight: InFlight, prefix: string, count: number): readonly Place[] {
  return Array.from({ length: count }, (_, index) => {
    const place = inFlight.place(MOTOR, `${prefix} ${index}`);
    assert.equal(inFlight.enter(place), true);
    return place;
  });
}

test("each resource has its own limit for each service", () => {
  const inFlight = new InFlight(2);
  const enter = (service: string, name: string): boolean => inFlight.enter(inFlight.place(service, name));
  assert.deepEqual([enter(MOTOR, "left"), enter(MOTOR, "left"), enter(MOTOR, "left")], [true, true, false]);
  assert.deepEqual([enter(MOTOR, "right"), enter(ARM, "left"), enter(MOTOR, "")], [true, true, true]);
  inFlight.leave(inFlight.place(MOTOR, "left"));
  assert.deepEqual([enter(MOTOR, "left"), enter(MOTOR, "left")], [true, false]);
});

test("who is refused does not count", () => {
  const inFlight = new InFlight(1);
  const place = inFlight.place(MOTOR, "left");
  inFlight.enter(place);
  for (let again = 0; again < 3; again += 1) assert.equal(inFlight.enter(place), false);
  inFlight.leave(place);
  assert.equal(place.count, 0);
  assert.equal(inFlight.enter(place), true);
});

test("a place is named by its resource and service, or by the service alone", () => {
  const inFlight = new InFlight(1);
  assert.equal(inFlight.place(MOTOR, "left").key, "left.motor.Service");
  assert.equal(inFlight.place(MOTOR, "").key, "motor.Service");
});

test("names that come once are forgotten when there are many, places where something runs stay", () => {
  const inFlight = new InFlight(1);
  const busy = enterAll(inFlight, "busy", 50);
  const elsewhere = inFlight.place(ARM, "elsewhere");
  inFlight.enter(elsewhere);
  const idle = inFlight.place(MOTOR, "idle 0");
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < KEPT; index += 1) inFlight.place(MOTOR, `idle ${round} ${index}`);
    for (const [index, place] of busy.entries()) assert.equal(inFlight.place(MOTOR, `busy ${index}`), place);
    assert.equal(inFlight.place(ARM, "elsewhere"), elsewhere);
  }
  assert.notEqual(inFlight.place(MOTOR, "idle 0"), idle);
  for (const place of busy) {
    assert.equal(inFlight.enter(place), false);
    inFlight.leave(place);
    assert.equal(inFlight.enter(place), true);
  }
});

test("more places than are kept may be busy; when they are empty the next name lets them go", () => {
  const inFlight = new InFlight(1);
  const busy = enterAll(inFlight, "busy", KEPT + 100);
  for (const place of busy) assert.equal(inFlight.enter(place), false);
  for (const [index, place] of busy.entries()) assert.equal(inFlight.place(MOTOR, `busy ${index}`), place);
  for (const place of busy) inFlight.leave(place);
  const next = inFlight.place(MOTOR, "the next");
  assert.notEqual(inFlight.place(MOTOR, "busy 0"), busy[0]);
  inFlight.place(MOTOR, "one more");
  assert.equal(inFlight.place(MOTOR, "the next"), next);
});
