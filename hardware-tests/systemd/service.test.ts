/**
 * The project's unit, user and udev rules under a real systemd, installed as README says. The machine has a motor on simulated lines. Lines that
 * nobody holds go high while it turns, so that only being driven makes them low.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { packageRoot } from "../../src/base/package-root.js";
import { createHardware, type Edge } from "../../src/hardware/index.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ControlServiceDefinition, type GetStatusResponse } from "../../src/proto/gen/pinion/control/v1/control.js";
import { ResourceStatus_State, RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { eventually } from "../../test/support/eventually.js";
import { HEADER_CHIP } from "../board/board-rig.js";
import { SimChip } from "../board/gpio-sim.js";
import { beginMove } from "../machine/support/motor-calls.js";
import { jumper } from "../machine/support/programs.js";
import { LINES } from "../machine/support/robot.js";

const HOME = "/var/lib/pinion";
const PORT = 18080;
const START_LIMIT = 90_000;
/** Where the levels of the motor's lines are seen. */
const SEEN: readonly number[] = [5, 6, 12];
const CONFIG = {
  network: { bind_address: `localhost:${PORT}` },
  components: [
    { name: "pi", api: "rdk:component:board", model: "rdk:builtin:pi" },
    {
      name: "wheel",
      api: "rdk:component:motor",
      model: "rdk:builtin:gpio",
      attributes: { board: "pi", pins: { a: "11", b: "13", pwm: "15" }, max_rpm: 100 },
    },
    {
      name: "battery",
      api: "rdk:component:power_sensor",
      model: "viam:texas-instruments:ina219",
      attributes: { i2c_bus: 1, i2c_addr: 64, shunt_resistance: 0.002 },
    },
    { name: "arm", api: "rdk:component:arm", model: "rdk:builtin:fake", attributes: { "arm-model": "ur5e" } },
  ],
};

describe("pinion.service", () => {
  const cleanups: (() => unknown)[] = [];
  const chip = SimChip.find(HEADER_CHIP);
  const hardware = createHardware();
  let edges: Edge[] = [];

  before(async () => {
    install();
    await jumper(
      { after: (action) => void cleanups.push(action as () => unknown) },
      LINES.motor.map((line, index) => [line, SEEN[index] ?? 0] as const),
    );
    hardware.gpio.watch(
      SEEN.map((offset) => ({ chip: HEADER_CHIP, offset })),
      { consumer: "test: motor's lines" },
      (more) => edges.push(...more),
    );
  });
  after(() => {
    hardware.gpio.close();
    for (const clean of cleanups.toReversed()) clean();
  });

  const areLow = (): boolean => LINES.motor.every((line) => !chip.level(line));
  const turn = async (): Promise<void> => {
    for (const line of LINES.motor) chip.drive(line, true);
    await withRobot((channel) => {
      beginMove({ channel: () => channel }, "wheel", 100, 1000);
      return eventually("a turning motor", () => chip.level(17) && !chip.level(27) && chip.level(22), 20_000);
    });
  };
  /** Milliseconds from the kernel's time `from` until all lines were low at once. */
  const msToLow = (from: bigint): Promise<number> =>
    eventually(
      "low lines",
      () => {
        const levels = [true, false, true];
        for (const { index, isHigh, time } of edges) {
          if (time < from) continue;
          levels[index] = isHigh;
          if (levels.every((level) => !level)) return Number((time - from) / 1000n) / 1000;
        }
        return undefined;
      },
      40_000,
    );

  test("systemd accepts its files", () => {
    const verified = run("systemd-analyze", "verify", "--man=no", "/etc/systemd/system/pinion.service");
    assert.equal(verified, "", "no complaint");
    assert.match(run("getent", "passwd", "pinion"), /:\/var\/lib\/pinion:/);
    for (const group of ["gpio", "i2c", "dialout"]) assert.match(run("getent", "group", group), new RegExp(`^${group}:`));
  });

  test("udev gives GPIO chips and I2C buses to their groups", async () => {
    run("udevadm", "settle");
    for (const [device, group] of [
      ["/dev/gpiochip0", "gpio"],
      ["/dev/i2c-1", "i2c"],
      ["/dev/ttyS0", "dialout"],
    ] as const) {
      const { gid, mode } = statSync(device);
      assert.equal(gid, Number(run("getent", "group", group).split(":")[2]), `${device} is of ${group}`);
      assert.equal(mode & 0o777, 0o660, device);
    }
  });

  test("udev gives PWM chips and their channels to the group gpio", async () => {
    // The kernel's driver, on a simulated chip.
    writeFileSync("/sys/bus/i2c/devices/i2c-1/new_device", "pca9685-pwm 0x60");
    const gid = Number(run("getent", "group", "gpio").split(":")[2]);
    const isGiven = (file: string): boolean => {
      const stat = statSync(path.join("/sys/class/pwm/pwmchip0", file));
      return stat.gid === gid && (stat.mode & 0o020) !== 0;
    };
    await eventually("a chip for the group", () => isGiven("export"));
    writeFileSync("/sys/class/pwm/pwmchip0/export", "0");
    await eventually("a channel for the group", () => ["period", "duty_cycle", "enable"].every((file) => isGiven(`pwm0/${file}`)));
    writeFileSync("/sys/class/pwm/pwmchip0/unexport", "0");
    writeFileSync("/sys/bus/i2c/devices/i2c-1/delete_device", "0x60");
  });

  test("comes up as its user with a robot that has GPIO and I2C", async (t) => {
    const from = performance.now();
    // Type=notify: returns when pinion has said that it is ready.
    run("systemctl", "enable", "--now", "pinion.service");
    t.diagnostic(`systemctl start took ${Math.round(performance.now() - from)} ms`);
    await untilReady();
    const { ActiveState, SubState, MainPID } = show();
    assert.deepEqual([ActiveState, SubState], ["active", "running"]);
    assert.match(run("systemctl", "status", "pinion.service"), /Active: active \(running\)/);
    const uid = Number(run("id", "-u", "pinion"));
    assert.match(readFileSync(`/proc/${MainPID}/status`, "utf8"), new RegExp(`^Uid:\\t${uid}\\t`, "m"));
    for (const { pid } of (await report()).modules)
      assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), new RegExp(`^Uid:\\t${uid}\\t`, "m"));
    await turn();
  });

  test("the supervisor is killed while the motor turns: low, and back", async (t) => {
    await turn();
    const before = show();
    const modules = (await report()).modules.map(({ pid }) => pid);
    edges = [];
    const since = cursor();
    const killed = process.hrtime.bigint();
    process.kill(before.MainPID, "SIGKILL");
    t.diagnostic(`low ${await msToLow(killed)} ms after the kill`);
    await untilRestarted(before);
    t.diagnostic(`systemd had it started again ${Number((process.hrtime.bigint() - killed) / 1_000_000n)} ms after the kill`);
    for (const pid of modules) assert.ok(!isAlive(pid), `module ${pid} ended`);
    await untilReady();
    assert.ok(areLow(), "the new motor stands still");
    assert.match(journal(since), /wheel: .*: done/, "ExecStopPost drove the lines");
  });

  test("a module that ignores the end of its supervisor holds up the next one, but not the motor's stop", async (t) => {
    const path = "/usr/local/bin/stubborn";
    writeFileSync(path, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", { mode: 0o755 });
    configure({ ...CONFIG, modules: [{ type: "local", name: "stubborn", executable_path: path, limits: { memory: "160MiB" } }] });
    const { pid } = await eventually("the module", async () =>
      (await report()).modules.find(({ name, pid }) => name === "stubborn" && pid > 0),
    );
    assert.match(
      readFileSync(`/proc/${pid}/cgroup`, "utf8"),
      /\/pinion\.service\/pinion-module-stubborn/,
      "limited in what systemd delegated",
    );
    await turn();
    const before = show();
    edges = [];
    const since = cursor();
    const killed = process.hrtime.bigint();
    process.kill(before.MainPID, "SIGKILL");
    t.diagnostic(`low ${await msToLow(killed)} ms after the kill`);
    assert.ok(isAlive(pid), "low before anybody was killed");
    await untilRestarted(before);
    assert.ok(!isAlive(pid));
    assert.match(journal(since), /wheel: .*: done/);
    configure(CONFIG);
    await eventually("a machine without it", async () => (await report()).modules.every(({ name }) => name !== "stubborn"), START_LIMIT);
    await untilReady();
  });

  test("a supervisor that stands still is ended by the watchdog, and started again", async (t) => {
    mkdirSync("/run/systemd/system/pinion.service.d", { recursive: true });
    writeFileSync("/run/systemd/system/pinion.service.d/test.conf", "[Service]\nWatchdogSec=6\n");
    run("systemctl", "daemon-reload");
    run("systemctl", "restart", "pinion.service");
    await untilReady();
    await turn();
    const before = show();
    const since = cursor();
    edges = [];
    const stopped = process.hrtime.bigint();
    process.kill(before.MainPID, "SIGSTOP");
    t.diagnostic(`low ${await msToLow(stopped)} ms after the stop`);
    await untilRestarted(before);
    t.diagnostic(`started again ${Number((process.hrtime.bigint() - stopped) / 1_000_000n)} ms after the stop`);
    await untilReady();
    assert.ok(areLow());
    assert.match(journal(since), /Watchdog timeout/);
  });

  test("stops in order, within its time", async (t) => {
    await turn();
    const modules = (await report()).modules.map(({ pid }) => pid);
    const since = cursor();
    const from = performance.now();
    run("systemctl", "stop", "pinion.service");
    t.diagnostic(`systemctl stop took ${Math.round(performance.now() - from)} ms`);
    const { ActiveState, Result } = show();
    assert.deepEqual([ActiveState, Result], ["inactive", "success"]);
    for (const pid of modules) assert.ok(!isAlive(pid), `module ${pid} ended`);
    const lines = journal(since);
    assert.doesNotMatch(lines, /SIGKILL|timed out|second signal|status=9/);
    assert.match(lines, /Stopped pinion.service|Stopped .*Pinion/);
  });

  test("SIGHUP by systemctl reload reads the config", async () => {
    run("systemctl", "start", "pinion.service");
    await untilReady();
    configure({ ...CONFIG, components: CONFIG.components.slice(0, 2) });
    await eventually("a smaller machine", async () => (await names()).length === 2, 20_000);
    run("systemctl", "stop", "pinion.service");
  });
});

/** As README says. */
function install(): void {
  const own = (file: string): string => path.join(packageRoot(), "systemd", file);
  copyFileSync(own("pinion.sysusers.conf"), "/usr/lib/sysusers.d/pinion.conf");
  run("systemd-sysusers");
  copyFileSync(own("60-pinion-hardware.rules"), "/usr/lib/udev/rules.d/60-pinion-hardware.rules");
  run("udevadm", "control", "--reload");
  run("udevadm", "trigger", "--settle");
  mkdirSync("/etc/pinion", { recursive: true });
  writeFileSync("/etc/pinion/machine.json", JSON.stringify(CONFIG));
  copyFileSync(own("pinion.service"), "/etc/systemd/system/pinion.service");
  run("systemctl", "daemon-reload");
}

function configure(config: object): void {
  writeFileSync("/etc/pinion/machine.json", JSON.stringify(config));
  run("systemctl", "reload", "pinion.service");
}

/** What it prints, on both outputs. */
function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", timeout: 100_000 });
  if (status === 0) return `${stdout}${stderr}`;
  const more = program === "systemctl" ? `\n${journal().slice(-4000)}` : "";
  throw new Error(`${program} ${args.join(" ")} ended with ${status} ${error ?? ""}:\n${stdout}${stderr}${more}`);
}

interface Shown {
  readonly ActiveState: string;
  readonly SubState: string;
  readonly Result: string;
  readonly MainPID: number;
}

function show(): Shown {
  const lines = run("systemctl", "show", "pinion.service", "-p", "ActiveState,SubState,Result,MainPID").trim().split("\n");
  const { ActiveState = "", SubState = "", Result = "", MainPID = "" } = Object.fromEntries(lines.map((line) => line.split("=")));
  return { ActiveState, SubState, Result, MainPID: Number(MainPID) };
}

async function untilRestarted(before: Shown): Promise<void> {
  await eventually(
    "started again",
    () => {
      const { ActiveState, SubState, MainPID } = show();
      return ActiveState === "active" && SubState === "running" && MainPID !== before.MainPID;
    },
    START_LIMIT,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${JSON.stringify(show())}\n${journal().slice(-4000)}`);
  });
}

/** Of the newest line of the journal. */
function cursor(): string {
  return /-- cursor: (.*)/.exec(execFileSync("journalctl", ["--show-cursor", "-n", "0", "--no-pager"], { encoding: "utf8" }))?.[1] ?? "";
}

function journal(since?: string): string {
  execFileSync("journalctl", ["--sync"]);
  const after = since === undefined ? [] : [`--after-cursor=${since}`];
  return execFileSync("journalctl", ["-u", "pinion.service", "--no-pager", "-o", "cat", ...after], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
}

async function withRobot<T>(action: (channel: ReturnType<typeof openChannel>) => Promise<T>): Promise<T> {
  const channel = openChannel(`localhost:${PORT}`);
  try {
    return await action(channel);
  } finally {
    channel.close();
  }
}

async function states(): Promise<Readonly<Record<string, string>>> {
  return withRobot(async (channel) => {
    const { resources } = await createClient(RobotServiceDefinition, channel).getMachineStatus({}, { timeout: 5000 });
    return Object.fromEntries(
      resources.flatMap(({ name, state, error }) =>
        name === undefined || name.type !== "component"
          ? []
          : [[name.name, state === ResourceStatus_State.READY ? "ready" : `${state} ${error}`]],
      ),
    );
  });
}

async function names(): Promise<string[]> {
  return Object.keys(await states());
}

async function untilReady(): Promise<void> {
  let last: Readonly<Record<string, string>> = {};
  await eventually(
    "a robot that is ready",
    async () => {
      last = await states();
      return CONFIG.components.every(({ name }) => last[name] === "ready");
    },
    START_LIMIT,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)} ${String((error as Error).cause)}\n${JSON.stringify(last)}\n${journal().slice(-4000)}`);
  });
}

async function report(): Promise<GetStatusResponse> {
  const channel = openChannel(path.join(HOME, "pinion.sock"));
  try {
    return await createClient(ControlServiceDefinition, channel).getStatus({}, { timeout: 5000 });
  } finally {
    channel.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
