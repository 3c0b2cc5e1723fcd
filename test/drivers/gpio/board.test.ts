/** The board: its pins under all their names, and what clients make of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Board, board, type Handle, type Tick } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const BOARD = "rdk:builtin:linux";
const CHANNEL = { device: "1f00098000.pwm", channel: 2 };

async function pi(attributes: object = {}, bench: Bench = new Bench()): Promise<{ bench: Bench; pins: Handle<Board> }> {
  return { bench, pins: await bench.add(board, BOARD, "pi", { ...attributes }) };
}

test("a pin has all the names of the header, of the line and of its address", async () => {
  const chips = [{ label: "pinctrl-rp1", lines: 54, names: { 17: "LEFT_LAMP", 45: "POWER_LED" } }];
  const { bench, pins } = await pi({}, new Bench({ chips }));
  for (const [index, name] of ["11", "io17", "GPIO17", "gpio17", "LEFT_LAMP", "pinctrl-rp1:17"].entries()) {
    await pins.setGpio(name, index % 2 === 0);
    assert.equal(bench.fake.gpio.level(io(17)), index % 2 === 0, name);
  }
  await pins.setGpio("POWER_LED", true);
  await pins.setGpio("pinctrl-rp1:46", true);
  assert.ok(bench.fake.gpio.level(io(45)) && bench.fake.gpio.level(io(46)), "lines that are not on the header");
  assert.equal(bench.fake.gpio.openRequests.length, 3, "one request for all names of a pin");
  for (const name of ["99", "", "pinctrl-rp1:54", "other:1", "io99"]) {
    await assert.rejects(
      pins.setGpio(name, true),
      new RegExp(`cannot find GPIO for unknown pin: ${name}; expected a pin of Raspberry Pi 5`),
    );
  }
});

test("a board without a table has lines by chip and offset, and by name", async () => {
  const bench = new Bench({ board: "none", chips: [{ label: "INT3453:00", lines: 8, names: { 3: "FAN" } }] });
  const { pins } = await pi({ digital_interrupts: [{ name: "tacho", pin: "INT3453:00:5" }] }, bench);
  await pins.setGpio("INT3453:00:2", true);
  await pins.setGpio("FAN", true);
  assert.ok(bench.fake.gpio.level({ chip: "INT3453:00", offset: 3 }));
  bench.fake.gpio.drive({ chip: "INT3453:00", offset: 5 }, true);
  assert.equal(await pins.getDigitalInterruptValue("tacho"), 1);
  await assert.rejects(pins.getGpio("11"), /unknown pin: 11; this board has no table of its header/);
});

test("pins open on first use; what is an output stays one when it is read", async () => {
  const { bench, pins } = await pi();
  const { gpio } = bench.fake;
  assert.equal(gpio.openRequests.length, 0);
  gpio.drive(io(17), true);
  assert.equal(await pins.getGpio("11"), true);
  assert.equal(gpio.direction(io(17)), "input");
  await pins.setGpio("11", false);
  assert.equal(gpio.direction(io(17)), "output");
  await pins.setGpio("11", true);
  assert.equal(await pins.getGpio("11"), true);
  assert.equal(gpio.direction(io(17)), "output");
  gpio.drive(io(17), false);
  assert.equal(await pins.getGpio("11", { extra: { direction: "input" } }), false);
  assert.equal(gpio.direction(io(17)), "input");
});

test("an output never has another level on its way to the first one", async () => {
  const { bench, pins } = await pi();
  await pins.setGpio("11", true);
  assert.deepEqual(
    bench.fake.gpio.history(io(17)).map(({ isHigh }) => isHigh),
    [true],
  );
});

test("PWM begins when both duty and frequency are there; the getters give what was set", async () => {
  const { bench, pins } = await pi();
  const { pwm } = bench.fake;
  await pins.setPwm("11", 0.25);
  assert.equal(pwm.setting(io(17)), undefined);
  assert.deepEqual([await pins.getPwm("11"), await pins.getPwmFrequency("11")], [0.25, 0]);
  await pins.setPwmFrequency("11", 50);
  assert.deepEqual(pwm.setting(io(17)), { frequency: 50, duty: 0.25 });
  await pins.setPwm("11", 1.005);
  assert.deepEqual(pwm.setting(io(17)), { frequency: 50, duty: 1 });
  await pins.setPwm("11", 0);
  assert.equal(bench.fake.gpio.level(io(17)), false);
  assert.deepEqual([await pins.getPwm("11"), await pins.getPwmFrequency("11")], [0, 50]);
  for (const duty of [-0.1, 1.01, Number.NaN]) await assert.rejects(pins.setPwm("11", duty), /duty_cycle_pct: expected 0 to 1/);
  await assert.rejects(pins.setPwmFrequency("11", 0), /frequency_hz: expected 1 or more, got 0/);
  await pins.setPwm("13", 0);
  assert.equal(bench.fake.gpio.direction(io(27)), "output", "no duty is low");
});

test("a level ends software PWM", async () => {
  const { bench, pins } = await pi();
  await pins.setPwmFrequency("11", 50);
  await pins.setPwm("11", 0.5);
  await pins.setGpio("11", true);
  assert.equal(bench.fake.pwm.isOpen(io(17)), false);
  assert.equal(bench.fake.gpio.level(io(17)), true);
  assert.equal(await pins.getPwm("11"), 0);
});

test("PWM of the hardware's above 1 Hz, where a level is a duty and there is none to read", async () => {
  const { bench, pins } = await pi();
  await pins.setPwmFrequency("12", 20_000);
  await pins.setPwm("12", 0.5);
  assert.deepEqual(bench.fake.pwm.setting(CHANNEL), { frequency: 20_000, duty: 0.5 });
  await assert.rejects(pins.getGpio("12"), /pin 12 of pi gives PWM/);
  await pins.setGpio("12", true);
  assert.deepEqual(bench.fake.pwm.setting(CHANNEL), { frequency: 10, duty: 1 });
  await pins.setPwmFrequency("12", 1);
  await pins.setPwm("12", 0.5);
  assert.deepEqual(bench.fake.pwm.setting(io(18)), { frequency: 1, duty: 0.5 }, "1 Hz by software");
});

test("interrupts count rising edges, stream both with the kernel's time, and can be read but not set", async () => {
  const { bench, pins } = await pi({ digital_interrupts: [{ name: "hit", pin: "13" }] });
  const { gpio } = bench.fake;
  const caller = new AbortController();
  const ticks = await pins.streamTicks(["hit"], { signal: caller.signal });
  gpio.drive(io(27), true, 1_000n);
  gpio.drive(io(27), false, 2_500n);
  gpio.drive(io(27), true, 3_000n);
  const told: Tick[] = [];
  for await (const tick of ticks) {
    told.push(tick);
    if (told.length === 3) caller.abort();
  }
  assert.deepEqual(told, [
    { pin: "hit", time: 1_000n, isHigh: true },
    { pin: "hit", time: 2_500n, isHigh: false },
    { pin: "hit", time: 3_000n, isHigh: true },
  ]);
  assert.equal(await pins.getDigitalInterruptValue("hit"), 2);
  assert.equal(await pins.getGpio("13"), true);
  await assert.rejects(pins.setGpio("13", true), /is a digital interrupt: it can be read, not set/);
  await assert.rejects(pins.setPwm("hit", 0.5), /can be read, not pulsed/);
});

test("asking for the interrupt of a pin makes it one", async () => {
  const { bench, pins } = await pi();
  await pins.setGpio("15", true);
  const ticks = await pins.streamTicks(["15", "16"]);
  assert.equal(bench.fake.gpio.direction(io(22)), "input");
  bench.fake.gpio.drive(io(22), true);
  bench.fake.gpio.drive(io(23), true);
  const read = ticks[Symbol.asyncIterator]();
  assert.deepEqual([(await read.next()).value?.pin, (await read.next()).value?.pin], ["15", "16"]);
  await read.return?.();
  assert.equal(await pins.getDigitalInterruptValue("16"), 1);
  await assert.rejects(pins.getDigitalInterruptValue("nothing"), /unknown pin: nothing/);
});

test("a slow reader of ticks loses the oldest and holds up nobody", async () => {
  const { bench, pins } = await pi({ digital_interrupts: [{ name: "hit", pin: "13" }] });
  const slow = await pins.streamTicks(["hit"]);
  const quick = await pins.streamTicks(["hit"]);
  const reader = quick[Symbol.asyncIterator]();
  for (let edge = 1; edge <= 10_000; edge += 1) {
    bench.fake.gpio.drive(io(27), edge % 2 === 1, BigInt(edge));
    assert.equal((await reader.next()).value?.time, BigInt(edge));
  }
  await bench.close(pins);
  const times: bigint[] = [];
  for await (const { time } of slow) times.push(time);
  assert.ok(times.length <= 4096 && times.length >= 2048);
  assert.equal(times.at(-1), 10_000n);
  assert.ok(times.every((time, index) => index === 0 || time === (times[index - 1] ?? 0n) + 1n));
  assert.equal(bench.logs.filter(({ message }) => message.includes("reads ticks too slowly")).length, 1);
  assert.equal((await reader.next()).done, true, "the board's end is the streams' end");
});

test("a pin of an rpi board may have a name, a pull and a debounce", async () => {
  const bench = new Bench();
  const attributes = {
    pins: [
      { name: "lamp", pin: "11", type: "gpio" },
      { name: "door", pin: "13", type: "interrupt", pull: "up", debounce_ms: 20 },
      { pin: "15", pull: "down" },
    ],
    board_settings: { enable_i2c: true },
  };
  const pins = await bench.add(board, "viam:raspberry-pi:rpi5", "pi", attributes);
  const { gpio } = bench.fake;
  assert.ok(bench.logs.some(({ level, message }) => level === "warn" && message.includes("board_settings are ignored")));
  await pins.setGpio("lamp", true);
  assert.equal(gpio.level(io(17)), true);
  assert.equal(await pins.getGpio("door"), true, "pulled up");
  assert.equal(await pins.getGpio("15"), false);
  gpio.drive(io(27), false);
  await bench.clock.advance(25);
  for (let bounce = 0; bounce < 6; bounce += 1) gpio.drive(io(27), bounce % 2 === 0);
  gpio.drive(io(27), true);
  await bench.clock.advance(25);
  assert.equal(await pins.getDigitalInterruptValue("door"), 1);
});

test("closing drives used outputs low and lets go of everything", async () => {
  const { bench, pins } = await pi({ digital_interrupts: [{ name: "hit", pin: "13" }] });
  await pins.setGpio("11", true);
  await pins.getGpio("15");
  await pins.setPwmFrequency("16", 10);
  await pins.setPwm("16", 0.5);
  await pins.setPwmFrequency("12", 100);
  await pins.setPwm("12", 0.5);
  await bench.close(pins);
  assert.equal(bench.fake.gpio.level(io(17)), false);
  assert.equal(bench.fake.gpio.openRequests.length, 0);
  assert.equal(bench.fake.pwm.setting(CHANNEL), undefined);
  await assert.rejects(pins.setGpio("11", true), /board pi is closed/);
  await pi({}, bench);
});

test("a line that something else holds fails by name and works when it is free", async () => {
  const { bench, pins } = await pi();
  bench.fake.gpio.hog(io(17), "sysfs");
  await assert.rejects(pins.setGpio("11", true), /held by "sysfs"/);
  await assert.rejects(pins.streamTicks(["11"]), /held by "sysfs"/);
  bench.fake.gpio.unhog(io(17));
  await pins.setGpio("11", true);
  bench.fake.gpio.fail("set", 1);
  await assert.rejects(pins.setGpio("11", false), /EIO/);
  await pins.setGpio("11", false);
  assert.equal(bench.fake.gpio.level(io(17)), false);
  bench.fake.gpio.hog(io(27), "led0");
  await assert.rejects(
    bench.add(board, BOARD, "other", {
      digital_interrupts: [
        { name: "free", pin: "15" },
        { name: "hit", pin: "13" },
      ],
    }),
    /held by "led0"/,
  );
  assert.equal(bench.fake.gpio.direction(io(22)), undefined, "what was opened before is closed");
});

test("analog readers on SPI are taken from the config and say what to use instead", async () => {
  const { pins } = await pi({
    analogs: [{ name: "light", channel: "0", spi_bus: "1", chip_select: "0", average_over_ms: 10, samples_per_sec: 5 }],
  });
  await assert.rejects(pins.readAnalog("light"), /AnalogReader \(light\): converters on SPI.*not supported; use an ADS1115/);
  await assert.rejects(pins.readAnalog("dark"), /can't find AnalogReader \(dark\); this board has light/);
  await assert.rejects(pins.writeAnalog("11", 3), /no analog outputs/);
  await assert.rejects(pins.setPowerMode("offline-deep"), /no power modes/);
});

test("a PWM channel that a dead process left is not in use any more when its pin is driven as a line", async () => {
  const { bench, pins } = await pi();
  bench.fake.pwm.leaveExported(CHANNEL);
  await pins.setGpio("12", true);
  assert.equal(bench.fake.pwm.isLeftExported(CHANNEL), false);
  assert.equal(bench.fake.gpio.level(io(18)), true);
});

test("what the config's names come to is told to the supervisor", async () => {
  const bench = new Bench();
  const attributes = { digital_interrupts: [{ name: "hit", pin: "12" }], pins: [{ name: "lamp", pin: "pinctrl-rp1:45" }] };
  const { hardware, required } = await bench.validate(board, BOARD, attributes, "pi");
  assert.equal(required, undefined);
  assert.deepEqual(hardware?.claims, [{ kind: "pin", board: "pi", pin: "hit" }]);
  const find = (name: string): unknown => hardware?.pins?.find(({ names }) => names.includes(name));
  const line = { kind: "line", chip: "pinctrl-rp1" };
  assert.deepEqual(find("11"), {
    names: ["11", "io17", "GPIO17", "pinctrl-rp1:17"],
    key: "pinctrl-rp1/17",
    low: [{ ...line, offset: 17, isHigh: false }],
    high: [{ ...line, offset: 17, isHigh: true }],
  });
  assert.deepEqual(find("hit"), {
    names: ["12", "io18", "GPIO18", "clk", "pinctrl-rp1:18", "hit"],
    key: "pinctrl-rp1/18",
    low: [{ kind: "pwm", ...CHANNEL, orLine: { chip: "pinctrl-rp1", offset: 18 } }],
    high: [
      { kind: "pwm", ...CHANNEL },
      { ...line, offset: 18, isHigh: true },
    ],
  });
  assert.equal((find("lamp") as { key: string }).key, "pinctrl-rp1/45");
  const wrong = { digital_interrupts: [{ name: "hit", pin: "77" }] };
  await assert.rejects(bench.validate(board, BOARD, wrong), /unknown pin: 77 \(named "hit" in the config\)/);
  const twice = { digital_interrupts: [{ name: "hit", pin: "11" }], pins: [{ name: "hit", pin: "13", type: "interrupt" }] };
  await assert.rejects(bench.validate(board, BOARD, twice), /expected each name once, got "hit" for pin 11 and for pin 13/);
  await assert.rejects(
    bench.validate(board, BOARD, { digital_interrupts: [{ pin: "11" }] }),
    /digital_interrupts\.0\.name: expected the interrupt's name/,
  );
  const bare = new Bench({ board: "none", chips: [{ label: "gpio-mxc", lines: 2, names: { 1: "FAN" } }] });
  const { hardware: lines } = await bare.validate(board, BOARD, {});
  assert.deepEqual(
    lines?.pins?.map(({ names }) => names),
    [["gpio-mxc:0"], ["gpio-mxc:1", "FAN"]],
  );
});
