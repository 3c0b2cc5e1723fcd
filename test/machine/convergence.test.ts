/** Whatever happened before, the last config decides how it ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MachineConfig } from "../../src/config/machine-config.js";
import type { HardwareClaim } from "../../src/resource/hardware-needs.js";
import { config, full, type MachineFixture, module, offer, type ResourceSketch, startMachine } from "../support/machine-fixture.js";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const MODULES = ["m", "n", "o"];
const FAULTS = ["refuseValidate", "refuseAdd", "refuseReconfigure", "refuseRemove", "hang", "hangRemove", "crashOnBuild"] as const;

/** Longer than every limit and retry, several times over. */
const LONG = 30 * 60_000;

type Step =
  | { readonly kind: "apply"; readonly next: Draft }
  | { readonly kind: "crash"; readonly module: string }
  | { readonly kind: "restart"; readonly module: string }
  | { readonly kind: "fault"; readonly fault: (typeof FAULTS)[number]; readonly name: string }
  | { readonly kind: "refuse-start"; readonly module: string }
  | { readonly kind: "clear" }
  | { readonly kind: "wait"; readonly time: number };

const name = fc.constantFrom(...NAMES);
const names = fc.uniqueArray(name, { maxLength: 2 });

const claim: fc.Arbitrary<HardwareClaim> = fc.oneof(
  fc.constantFrom("1", "2", "3").map((pin): HardwareClaim => ({ kind: "pin", board: "local", pin })),
  fc.constant<HardwareClaim>({ kind: "pin", board: "local", pin: "1", isShared: true }),
  fc.constantFrom("x", "y").map((part): HardwareClaim => ({ kind: "serial", port: "/dev/ttyS0", part })),
);

/** With claims the config alone does not decide how it ends: who was first counts too. */
const claiming = (own: string): fc.Arbitrary<ResourceSketch> =>
  fc.tuple(sketch(own), fc.array(claim, { maxLength: 2 })).map(([rest, claims]) => ({ ...rest, hardware: { claims } }));

const sketch = (own: string): fc.Arbitrary<ResourceSketch> =>
  fc.record({
    name: fc.constant(own),
    // Every one of these models is offered by a module that is always in the config; n/s by two of them.
    model: fc.constantFrom("m/x", "m/y", "n/x", "n/s"),
    need: names,
    want: names,
    dependsOn: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: names.map((list) => list.map(full)) }),
    value: fc.nat({ max: 2 }),
  });

/** A config, short enough to be read in a report of a failure. */
interface Draft {
  readonly sketches: readonly ResourceSketch[];
  readonly isReversed: boolean;
  readonly env: number;
}

const draftOf = (one: (own: string) => fc.Arbitrary<ResourceSketch>): fc.Arbitrary<Draft> =>
  fc.record({
    sketches: fc.subarray(NAMES).chain((chosen) => fc.tuple(...chosen.map(one))),
    isReversed: fc.boolean(),
    env: fc.nat({ max: 1 }),
  });

function configOf({ sketches, isReversed, env }: Draft): MachineConfig {
  const list = [module("m", { VALUE: String(env) }), module("n"), module("o")];
  return config(sketches, isReversed ? list.toReversed() : list);
}

const stepOf = (draft: fc.Arbitrary<Draft>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 4, arbitrary: draft.map((next): Step => ({ kind: "apply", next })) },
    { weight: 2, arbitrary: fc.constantFrom(...MODULES).map((target): Step => ({ kind: "crash", module: target })) },
    { weight: 1, arbitrary: fc.constantFrom(...MODULES).map((target): Step => ({ kind: "restart", module: target })) },
    { weight: 1, arbitrary: fc.constantFrom(...MODULES).map((target): Step => ({ kind: "refuse-start", module: target })) },
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...FAULTS), name).map(([fault, of]): Step => ({ kind: "fault", fault, name: of })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "clear" }) },
    { weight: 4, arbitrary: fc.nat({ max: 60 }).map((time): Step => ({ kind: "wait", time })) },
    { weight: 1, arbitrary: fc.nat({ max: 130_000 }).map((time): Step => ({ kind: "wait", time })) },
  );

interface World {
  readonly steps: readonly Step[];
  readonly last: Draft;
  readonly latencies: readonly number[];
  readonly withoutReconfigure: readonly string[];
}

const worldOf = (draft: fc.Arbitrary<Draft>): fc.Arbitrary<World> =>
  fc.record({
    steps: fc.array(stepOf(draft), { maxLength: 14 }),
    last: draft,
    latencies: fc.array(fc.nat({ max: 25 }), { minLength: 1, maxLength: 20 }),
    withoutReconfigure: fc.subarray(MODULES),
  });

function start({ latencies, withoutReconfigure }: World): MachineFixture {
  const fixture = startMachine(undefined);
  fixture.modules.offers.set("n", offer("n/x", "n/s"));
  fixture.modules.offers.set("o", offer("n/s"));
  for (const target of withoutReconfigure) fixture.modules.lacksReconfigure.add(target);
  let calls = 0;
  fixture.modules.latency = () => {
    calls += 1;
    return latencies[calls % latencies.length] ?? 0;
  };
  return fixture;
}

async function perform({ machine, modules: host, clock, apply }: MachineFixture, action: Step): Promise<void> {
  switch (action.kind) {
    case "apply":
      await apply(configOf(action.next), 0);
      return;
    case "crash":
      host.crash(action.module);
      return;
    case "restart":
      await machine.restartModule(action.module).catch(() => undefined); // not configured yet
      return;
    case "fault":
      host.faults[action.fault].add(full(action.name));
      return;
    case "refuse-start":
      host.faults.refuseStart.add(action.module);
      return;
    case "clear":
      host.clearFaults();
      return;
    case "wait":
      await clock.advance(action.time);
  }
}

function outcome({ machine, modules: host }: MachineFixture): unknown {
  const resources = machine
    .status()
    .resources.map(({ name: of, state, error, notice, model, module: by, dependencies, optionalDependencies, waitsFor }) => [
      of,
      { state, error, notice, model, by, dependencies, optionalDependencies, waitsFor },
    ]);
  return { resources: Object.fromEntries(resources), ready: machine.readyResources(), contents: host.contents() };
}

test("any sequence of edits, crashes, refusals and hangs ends as the last config alone does", async () => {
  await fc.assert(
    fc.asyncProperty(worldOf(draftOf(sketch)), async (given) => {
      const worn = start(given);
      for (const action of given.steps) await perform(worn, action);
      await worn.apply(configOf(given.last), 0);
      worn.modules.clearFaults();
      await worn.clock.advance(LONG);
      const fresh = start(given);
      await fresh.apply(configOf(given.last), LONG);
      assert.deepEqual(worn.modules.violations, []);
      assert.deepEqual(fresh.modules.violations, []);
      assert.deepEqual(outcome(worn), outcome(fresh));

      // Planning after everything was done finds nothing to do.
      worn.calls();
      await worn.apply(configOf(given.last), LONG);
      assert.deepEqual(worn.calls(), []);
      await Promise.all([worn.machine.whenSettled(), worn.clock.advance(0)]);
    }),
    { includeErrorInReport: true, numRuns: Number(process.env["PINION_PROPERTY_RUNS"] ?? 500) },
  );
});

test("with claims on hardware too: none is built while another has its own, all that can be built is, and it ends", async () => {
  await fc.assert(
    fc.asyncProperty(worldOf(draftOf(claiming)), async (given) => {
      const worn = start(given);
      for (const action of given.steps) await perform(worn, action);
      await worn.apply(configOf(given.last), 0);
      worn.modules.clearFaults();
      await worn.clock.advance(LONG);
      assert.deepEqual(worn.modules.violations, []);
      const leases = worn.machine.leases();
      for (const { owner, claim: wanted, refusal } of leases) {
        if (refusal === undefined) continue;
        const others = leases.filter((other) => other.refusal === undefined && other.owner !== owner);
        const own = leases.filter((lease) => lease.owner === owner && lease.refusal !== undefined);
        const isFound = own.some(({ claim: mine }) => others.some(({ claim: theirs }) => !goTogether(mine, theirs)));
        assert.ok(isFound, `${owner} is refused ${JSON.stringify(wanted)} for nothing: ${refusal}`);
      }
      worn.calls();
      await worn.apply(configOf(given.last), LONG);
      assert.deepEqual(worn.calls(), []);
    }),
    { includeErrorInReport: true, numRuns: Number(process.env["PINION_PROPERTY_RUNS"] ?? 500) },
  );
});

function goTogether(a: HardwareClaim, b: HardwareClaim): boolean {
  const item = ({ part: _, isShared: __, ...rest }: HardwareClaim): string => JSON.stringify(rest);
  if (item(a) !== item(b)) return true;
  return (a.isShared === true && b.isShared === true) || (a.part !== undefined && a.part !== b.part);
}
