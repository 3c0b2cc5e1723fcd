/**
 * What the way through the supervisor costs a call and a stream: straight to the module, through a process that only passes bytes on, through the
 * first router backend (a process of its own that does nothing else) and through the supervisor, side by side in every round.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { benchConfig, type MachineShape, sensorName, startMachine, stopMachine } from "./bench-machine.js";
import { type Figure, median } from "./figures.js";
import { type Load, runLoad, runStreams, type StreamLoad } from "./load-client.js";
import { cpuSeconds, pssMegabytes } from "./process-figures.js";
import type { BenchOptions, Row } from "./rows.js";
import type { Scope } from "./scope.js";

const SETTLE = 5000;
const MAX_ROUNDS = 5;
const GAUGE = "dial";

const WAYS = ["direct", "splice", "first", "through"] as const;
type Way = (typeof WAYS)[number];

interface Target {
  readonly address: string;
  /** Of whoever is in the way; undefined without. */
  readonly pid: number | undefined;
}

interface Machine {
  readonly targets: Readonly<Record<Way, Target>>;
  stop(): Promise<void>;
}

async function startTargets(scope: Scope, { language }: BenchOptions): Promise<Machine> {
  const shape: MachineShape = { modules: 1, sensorsEach: 10, language };
  const { components, ...rest } = benchConfig(scope, shape) as { components: readonly object[]; modules: readonly object[] };
  const dial = { name: GAUGE, api: "acme:component:gauge", model: `acme:${language}:dial0`, attributes: { offset: 1 } };
  const { daemon } = await startMachine(scope, shape);
  daemon.writeConfig({ ...rest, components: [...components, dial] } as never);
  await daemon.untilReady([GAUGE]);
  await delay(SETTLE);
  const socket = (await daemon.report()).modules.find((module) => module.name === "m0")?.socket;
  if (socket === undefined) throw new Error("the daemon tells no socket of module m0");
  const folder = path.join(scope.folder, "first");
  mkdirSync(folder, { recursive: true });
  const splice = await startProxy(scope, "splice-program.js", [socket]);
  const first = await startProxy(scope, "router-program.js", [folder, socket, sensorName(0), GAUGE]);
  return {
    targets: {
      direct: { address: socket, pid: undefined },
      splice: splice.target,
      first: first.target,
      through: { address: daemon.address, pid: daemon.pid },
    },
    stop: async () => {
      for (const { child } of [splice, first]) child.kill("SIGKILL");
      await stopMachine(daemon);
    },
  };
}

interface Proxy {
  readonly child: ChildProcess;
  readonly target: Target;
}

/** `program`: one of this folder that prints its port. */
async function startProxy(scope: Scope, program: string, args: readonly string[]): Promise<Proxy> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, program), ...args], { stdio: ["pipe", "pipe", "inherit"] });
  scope.after(() => child.kill("SIGKILL"));
  const [port] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return { child, target: { address: `localhost:${port.trim()}`, pid: child.pid } };
}

/** One load, and microseconds of CPU that whoever is in the way spent on each call or message. */
type Measured<T> = T & { readonly cpu: number };

async function measure<T extends { readonly calls: number }>({ pid }: Target, load: () => Promise<T>): Promise<Measured<T>> {
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const result = await load();
  const cpu = pid === undefined ? 0 : ((cpuSeconds(pid) - before) * 1e6) / result.calls;
  return { ...result, cpu };
}

type Round<T> = Readonly<Record<Way, Measured<T>>>;

/** The ways in another order each time, so that what else the machine does hits none more than the others. */
async function rounds<T extends { readonly calls: number }>(
  { targets }: Machine,
  count: number,
  load: (target: Target) => Promise<T>,
): Promise<readonly Round<T>[]> {
  const result: Round<T>[] = [];
  for (let index = 0; index < count; index += 1) {
    const round: Partial<Record<Way, Measured<T>>> = {};
    for (let turn = 0; turn < WAYS.length; turn += 1) {
      const way = WAYS[(index + turn) % WAYS.length] ?? "direct";
      round[way] = await measure(targets[way], () => load(targets[way]));
    }
    result.push(round as Round<T>);
  }
  return result;
}

interface FigureText<T> {
  readonly measure: string;
  readonly unit: string;
  readonly pick: (load: Measured<T>) => number;
  readonly goal?: string;
}

/** The supervisor's, beside the others of the same rounds; the ratios are those to direct. */
function compare<T>(all: readonly Round<T>[], { measure: what, unit, pick, goal }: FigureText<T>): Figure {
  const of = (way: Way): string => `${median(all.map((round) => pick(round[way]))).toFixed(0)} ${unit}`;
  const ratioOf = (way: Way): number => median(all.map((round) => pick(round[way]) / pick(round.direct)));
  const withRatio = (way: Way): string => `${of(way)} (${ratioOf(way).toFixed(2)} x)`;
  return {
    measure: what,
    value: of("through"),
    baseline: `direct ${of("direct")}, splice ${withRatio("splice")}, first proxy ${withRatio("first")}`,
    ratio: ratioOf("through"),
    ...(goal === undefined ? {} : { goal }),
  };
}

function cpuFigure<T>(what: string, all: readonly Round<T>[], goal?: string): Figure {
  const of = (way: Way): string => `${median(all.map((round) => round[way].cpu)).toFixed(1)} us`;
  const ratio = median(all.map((round) => round.through.cpu / round.first.cpu));
  const baseline = `splice ${of("splice")}, first proxy ${of("first")}`;
  return { measure: what, value: of("through"), baseline, ratio, ...(goal === undefined ? {} : { goal }) };
}

export const rpcRow: Row = async (scope, options) => {
  const machine = await startTargets(scope, options);
  const { isGoThere, runs } = options;
  const count = Math.min(runs, MAX_ROUNDS);
  const load =
    (calls: number, seconds: number, inFlight: number) =>
    ({ address }: Target): Promise<Load> =>
      runLoad(address, { sensor: sensorName(0), isGoThere, calls, seconds, inFlight });
  const with1 = await rounds(machine, count, load(5000, 0, 1));
  const with16 = await rounds(machine, count, load(0, 3, 16));
  const with100 = await rounds(machine, count, load(0, 3, 100));
  const { first, through } = machine.targets;
  const [pssFirst, pss] = [first, through].map(({ pid }) => pssMegabytes(pid ?? 0));
  await machine.stop();
  const us = "us";
  const calls = "calls/s";
  return [
    compare(with1, { measure: "unary call, 1 in flight, p50", unit: us, pick: ({ p50 }) => p50, goal: "<= 1.5 x" }),
    compare(with1, { measure: "unary call, 1 in flight, p99", unit: us, pick: ({ p99 }) => p99, goal: "<= 2 x" }),
    compare(with16, { measure: "unary call, 16 in flight, p50", unit: us, pick: ({ busyP50 }) => busyP50 }),
    compare(with16, { measure: "unary call, 16 in flight, p99", unit: us, pick: ({ busyP99 }) => busyP99 }),
    compare(with16, { measure: "16 calls in flight", unit: calls, pick: ({ perSecond }) => perSecond, goal: ">= 0.75 x" }),
    compare(with100, { measure: "unary call, 100 in flight, p50", unit: us, pick: ({ busyP50 }) => busyP50 }),
    compare(with100, { measure: "unary call, 100 in flight, p99", unit: us, pick: ({ busyP99 }) => busyP99 }),
    compare(with100, { measure: "100 calls in flight", unit: calls, pick: ({ perSecond }) => perSecond }),
    cpuFigure("CPU per call, 1 in flight", with1),
    cpuFigure("CPU per call, 16 in flight", with16, "<= 20 us"),
    cpuFigure("CPU per call, 100 in flight", with100),
    {
      measure: "supervisor after these calls, PSS",
      value: `${(pss ?? 0).toFixed(1)} MB`,
      baseline: `first proxy alone ${(pssFirst ?? 0).toFixed(1)} MB`,
      goal: "<= 65 MB",
    },
  ];
};

const MESSAGES = 5000;

export const streamsRow: Row = async (scope, options) => {
  const machine = await startTargets(scope, options);
  const { isGoThere, runs } = options;
  const figures: Figure[] = [];
  for (const inFlight of [1, 16]) {
    const all = await rounds<StreamLoad>(machine, Math.min(runs, MAX_ROUNDS), ({ address }) =>
      runStreams(address, { gauge: GAUGE, messages: MESSAGES, seconds: 3, inFlight, isGoThere }),
    );
    const what = inFlight === 1 ? "1 server stream" : `${inFlight} server streams`;
    figures.push(
      compare(all, { measure: what, unit: "messages/s", pick: ({ perSecond }) => perSecond }),
      cpuFigure(`CPU per message, ${what}`, all),
    );
  }
  await machine.stop();
  return figures;
};
