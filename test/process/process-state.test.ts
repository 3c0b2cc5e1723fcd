import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProcessEnd } from "../../src/process/process-end.js";
import { type ProcessEvent, type ProcessState, transition } from "../../src/process/process-state.js";

const end: ProcessEnd = { kind: "exited", pid: 7, code: 0, isRequested: true };
const states: readonly ProcessState[] = [
  { kind: "idle" },
  { kind: "spawning" },
  { kind: "running", pid: 7 },
  { kind: "terminating", pid: 7 },
  { kind: "killing", pid: 7 },
  { kind: "sweeping", pid: 7, end },
  { kind: "ended", end },
];
const events: readonly (ProcessEvent & { readonly name: string })[] = [
  { name: "start", kind: "start" },
  { name: "spawned", kind: "spawned", pid: 7 },
  { name: "spawn-failed", kind: "spawn-failed", message: "no" },
  { name: "stop", kind: "stop" },
  { name: "kill", kind: "kill" },
  { name: "exited", kind: "exited", code: 1, signal: undefined },
  { name: "group-gone", kind: "group-gone" },
  { name: "limit", kind: "timeout", timer: "limit" },
  { name: "probe", kind: "timeout", timer: "probe" },
];

// Pairs that are not listed leave the state as it is and do nothing.
const table: Readonly<Record<string, string>> = {
  "idle start": "spawning: spawn",
  "idle stop": "ended: cancel-timers, report-end not-started",
  "idle kill": "ended: cancel-timers, report-end not-started",
  "spawning spawned": "running: ",
  "spawning spawn-failed": "ended: cancel-timers, report-end not-started",
  "running stop": "terminating: SIGTERM, arm limit 10000",
  "running kill": "killing: SIGKILL, cancel-timers, arm limit 5000",
  "running exited": "ended: SIGKILL, cancel-timers, report-end exited unrequested",
  "terminating kill": "killing: SIGKILL, cancel-timers, arm limit 5000",
  "terminating limit": "killing: SIGKILL, cancel-timers, arm limit 5000",
  "terminating exited": "sweeping: cancel-timers, arm limit 3000, arm probe 50, probe-group",
  "killing exited": "ended: SIGKILL, cancel-timers, report-end exited requested",
  "killing limit": "ended: cancel-timers, report-end stuck",
  "sweeping group-gone": "ended: cancel-timers, report-end exited requested",
  "sweeping kill": "ended: SIGKILL, cancel-timers, report-end exited requested",
  "sweeping limit": "ended: SIGKILL, cancel-timers, report-end exited requested",
  "sweeping probe": "sweeping: arm probe 50, probe-group",
};

for (const state of states) {
  test(`a process that is ${state.kind} answers every event as the table says`, () => {
    for (const { name, ...event } of events) {
      const step = transition(state, event);
      const expected = table[`${state.kind} ${name}`] ?? `${state.kind}: `;
      assert.equal(`${step.state.kind}: ${step.effects.map(describe).join(", ")}`, expected, `${state.kind} ${name}`);
    }
  });
}

function describe(effect: ReturnType<typeof transition>["effects"][number]): string {
  switch (effect.kind) {
    case "signal-group":
      return effect.signal;
    case "arm-timer":
      return `arm ${effect.timer} ${effect.delay}`;
    case "report-end": {
      const asked = "isRequested" in effect.end ? ` ${effect.end.isRequested ? "requested" : "unrequested"}` : "";
      return `report-end ${effect.end.kind}${asked}`;
    }
    default:
      return effect.kind;
  }
}
