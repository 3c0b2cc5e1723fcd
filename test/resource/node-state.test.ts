import assert from "node:assert/strict";
import { test } from "node:test";
import { type NodeEvent, type NodeState, transition } from "../../src/resource/node-state.js";

const NONE: readonly string[] = [];
const STATES: Readonly<Record<NodeState["kind"] | "noticed", NodeState>> = {
  unconfigured: { kind: "unconfigured" },
  configuring: { kind: "configuring", waitsFor: NONE },
  ready: { kind: "ready", notice: undefined, waitsFor: NONE },
  noticed: { kind: "ready", notice: "refused", waitsFor: NONE },
  removing: { kind: "removing" },
  unhealthy: { kind: "unhealthy", error: "broken", waitsFor: NONE },
};

const EVENTS: Readonly<Record<NodeEvent["kind"], NodeEvent>> = {
  configured: { kind: "configured" },
  outdated: { kind: "outdated", waitsFor: ["x"] },
  waits: { kind: "waits", waitsFor: ["x"] },
  blocked: { kind: "blocked", error: "waits for x", waitsFor: ["x"] },
  built: { kind: "built" },
  confirmed: { kind: "confirmed" },
  failed: { kind: "failed", error: "broken" },
  refused: { kind: "refused", notice: "refused" },
  kept: { kind: "kept", notice: "refused", waitsFor: NONE },
  lost: { kind: "lost" },
  "removal-started": { kind: "removal-started" },
  removed: { kind: "removed" },
  "removal-failed": { kind: "removal-failed" },
  interrupted: { kind: "interrupted" },
};

/** Per event: state before, state after, effects. What is not listed stays as it is, without effects. */
const WAITING = { kind: "configuring", waitsFor: ["x"] } as const;
const BLOCKED = { kind: "unhealthy", error: "waits for x", waitsFor: ["x"] } as const;
type Row = readonly [after: NodeState, effects: string];
const everywhere = (row: Row): Partial<Record<keyof typeof STATES, Row>> =>
  Object.fromEntries(Object.keys(STATES).map((state) => [state, row]));
const stays = (effects: string): Partial<Record<keyof typeof STATES, Row>> =>
  Object.fromEntries(Object.entries(STATES).map(([key, state]) => [key, [state, effects]]));

const TABLE: Readonly<Record<NodeEvent["kind"], Partial<Record<keyof typeof STATES, Row>>>> = {
  configured: everywhere([STATES.configuring, "cancel-retry"]),
  outdated: { configuring: [WAITING, ""], ready: [WAITING, ""], noticed: [WAITING, ""], removing: [WAITING, ""] },
  waits: { unconfigured: [WAITING, ""], configuring: [WAITING, ""], ready: [WAITING, ""], noticed: [WAITING, ""], removing: [WAITING, ""] },
  blocked: everywhere([BLOCKED, "waits"]),
  built: everywhere([STATES.ready, "cancel-retry ready"]),
  confirmed: {
    configuring: [STATES.ready, "cancel-retry"],
    removing: [STATES.ready, "cancel-retry"],
    noticed: [STATES.ready, "cancel-retry"],
  },
  failed: { ...everywhere([STATES.unhealthy, "arm-retry failed"]), unhealthy: [STATES.unhealthy, "arm-retry failed again"] },
  refused: { ...everywhere([STATES.noticed, "arm-retry kept"]), noticed: [STATES.noticed, "arm-retry kept again"] },
  kept: { ...everywhere([STATES.noticed, "kept"]), noticed: [STATES.noticed, ""] },
  lost: {
    configuring: [STATES.configuring, "cancel-retry"],
    ready: [STATES.configuring, "cancel-retry"],
    noticed: [STATES.configuring, "cancel-retry"],
    removing: [STATES.configuring, "cancel-retry"],
  },
  "removal-started": { ...everywhere([STATES.removing, "cancel-retry"]), removing: [STATES.removing, ""] },
  removed: { removing: [STATES.unconfigured, ""] },
  "removal-failed": stays("arm-retry"),
  interrupted: stays("arm-retry"),
};

for (const [eventName, event] of Object.entries(EVENTS)) {
  test(`every state on "${eventName}"`, () => {
    for (const [stateName, state] of Object.entries(STATES)) {
      const rows: Readonly<Record<string, Row | undefined>> = TABLE[event.kind];
      const [after, effects] = rows[stateName] ?? [state, ""];
      const step = transition(state, event);
      assert.deepEqual(step.state, after, stateName);
      const told = step.effects.map((effect) =>
        effect.kind === "tell" ? `${effect.what}${effect.isRepeat ? " again" : ""}` : effect.kind,
      );
      assert.equal(told.join(" "), effects, stateName);
    }
  });
}

test("what does not change is the same object", () => {
  for (const event of Object.values(EVENTS)) {
    for (const state of Object.values(STATES)) {
      const once = transition(state, event).state;
      if (["built", "configured", "refused", "kept"].includes(event.kind)) continue;
      const twice = transition(once, event).state;
      if (once.kind === twice.kind && event.kind !== "lost") assert.equal(twice, once, `${state.kind} ${event.kind}`);
    }
  }
});
