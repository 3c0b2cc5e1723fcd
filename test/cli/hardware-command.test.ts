import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { formatHardware } from "../../src/cli/hardware-report.js";
import { type HardwareListing, readHardware } from "../../src/cli/read-hardware.js";
import { styleOf } from "../../src/cli/style.js";
import { createFakeHardware, type FakeHardware, FakeRegisterChip } from "../../src/hardware/testing.js";
import { HardwareLease } from "../../src/proto/gen/pinion/control/v1/control.js";
import { startFakeDaemon } from "../support/fake-daemon.js";
import { runCli } from "../support/run-cli.js";
import { tempFolder } from "../support/temp-folder.js";

function lease(owner: string, kind: string, item: string, key: string, rest: Partial<HardwareLease> = {}): HardwareLease {
  return { ...HardwareLease.decode(new Uint8Array()), owner: `rdk:component:${owner}`, kind, item, key, ...rest };
}

const LEASES: readonly HardwareLease[] = [
  lease("motor/left", "pin", 'pin "11" of board "local"', "pinctrl-rp1/17"),
  lease("encoder/left", "pin", 'pin "enc" of board "local"', "pinctrl-rp1/27"),
  lease("board/local", "pin", 'pin "enc" of board "local"', "pinctrl-rp1/27"),
  lease("power_sensor/battery", "i2c", "address 0x40 of I2C bus 1", "i2c-1/0x40"),
  lease("servo/pan", "serial", "serial port /dev/ttyUSB0", "/dev/ttyUSB0", { part: "id 1" }),
  lease("servo/tilt", "serial", "serial port /dev/ttyUSB0", "/dev/ttyUSB0", { part: "id 2" }),
  lease("movement_sensor/gps", "serial", "serial port /dev/ttyACM0", "/dev/ttyACM0"),
  lease("sensor/tank", "onewire", "1-Wire device 28-00AB", "28-00ab"),
  lease("servo/arm", "pin", 'pin "3" of board "expander"', "i2c-1/0x41/3"),
  lease("motor/right", "pin", 'pin "GPIO17" of board "local"', "pinctrl-rp1/17", { refusal: 'needs pin "GPIO17" of board "local", but …' }),
];

function machine(t: TestContext): FakeHardware & { readonly sys: string } {
  const fake = createFakeHardware({ chips: [{ label: "pinctrl-rp1", lines: 54, names: { 17: "GPIO17", 27: "GPIO27" } }] });
  fake.gpio.hog({ chip: "pinctrl-rp1", offset: 17 }, "rdk:component:board/local");
  fake.gpio.hog({ chip: "pinctrl-rp1", offset: 4 }, "onewire@0");
  fake.i2c.addBus(1, "i2c-bcm2835");
  fake.i2c.add(1, 0x76, new FakeRegisterChip());
  fake.i2c.add(1, 0x40, new FakeRegisterChip());
  fake.i2c.addBus(20, "hdmi");
  fake.serial.add("/dev/ttyUSB0", {
    links: ["/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"],
    identity: "1a86:7523",
    description: "USB Serial",
  });
  const sys = tempFolder(t);
  const chip = path.join(sys, "class/pwm/pwmchip0");
  mkdirSync(path.join(chip, "pwm2"), { recursive: true });
  writeFileSync(path.join(chip, "npwm"), "4\n");
  symlinkSync("../../1f00098000.pwm", path.join(chip, "device"));
  return { ...fake, sys };
}

function read(
  { hardware, sys }: FakeHardware & { readonly sys: string },
  leases: readonly HardwareLease[] | string,
): Promise<HardwareListing> {
  return readHardware({ hardware, roots: { sys, dev: "/dev", proc: "/proc" }, leases });
}

const style = styleOf({ env: { NO_COLOR: "1" }, isTty: false });

test("shows what is there beside who has it, and what is claimed besides", async (t) => {
  const here = machine(t);
  const text = stripVTControlCharacters(formatHardware(await read(here, LEASES), { style, isEveryLine: false }));
  t.diagnostic(`\n${text}`);
  for (const expected of [
    /^board {2}Raspberry Pi 5$/m,
    /^ {2}pinctrl-rp1 {2}gpiochip0, 54 lines, 3 taken$/m,
    /^ {4}4 +pin 7 GPIO4? .*open by onewire@0$/m,
    /^ {4}17 +pin 11 GPIO17 .*motor left; open by rdk:component:board\/local$/m,
    /^ {4}27 +pin 13 GPIO27 +encoder left, board local$/m,
    /^ {4}0x40 +not asked +power_sensor battery$/m,
    /^ {4}0x76 +answers$/m,
    /^ {2}bus 20 {2}hdmi {2}nothing answers$/m,
    /^ {2}\/dev\/ttyUSB0 +1a86:7523 +USB Serial +servo pan \(id 1\), servo tilt \(id 2\)$/m,
    /^ {4}\/dev\/serial\/by-id\/usb-1a86_USB_Serial-if00-port0$/m,
    /^ {2}1f00098000\.pwm +pwmchip0 +4 channels +in use: 2$/m,
    /^ {2}serial port \/dev\/ttyACM0 +not found +movement_sensor gps$/m,
    /^ {2}pin "3" of board "expander" +servo arm$/m,
    /^ {2}motor right needs pin "GPIO17"/m,
  ]) {
    assert.match(text, expected);
  }
  assert.doesNotMatch(text, /not known/);
  assert.deepEqual(
    here.i2c.log.filter(({ bus, address }) => bus === 1 && address === 0x40),
    [],
    "what is leased is not asked",
  );
});

test("--lines shows all of them; without a daemon the reason is said", async (t) => {
  const text = formatHardware(await read(machine(t), "no daemon answers"), { style, isEveryLine: true });
  assert.match(text, /^ {4}53 +in$/m);
  assert.match(text, /^which resources have what is not known: no daemon answers$/m);
  assert.match(text, /0x40 +answers/);
});

test("a part that cannot be read costs only itself", async (t) => {
  const here = machine(t);
  Object.defineProperty(here.hardware.gpio, "chips", {
    value: () => {
      throw new Error("no permission");
    },
  });
  const text = formatHardware(await read(here, []), { style, isEveryLine: false });
  assert.match(text, /^GPIO\n {2}no permission$/m);
  assert.match(text, /0x76/);
});

test("asks the daemon for leases, and prints them as JSON", async (t) => {
  const { home } = await startFakeDaemon(t, { control: { getHardware: async () => ({ leases: [...LEASES] }) } });
  const { exitCode, out } = await runCli(["hardware", "--json", "--home", home]);
  assert.equal(exitCode, 0);
  const listing: HardwareListing = JSON.parse(out);
  assert.equal(listing.withoutDaemon, undefined);
  assert.equal(listing.refused[0]?.owner.resource, "rdk:component:motor/right");
});

test("works without a daemon and says so", async (t) => {
  const { exitCode, out } = await runCli(["hardware", "--home", tempFolder(t)]);
  assert.equal(exitCode, 0);
  assert.match(out, /which resources have what is not known: no daemon answers on .*: it does not exist/);
});

test("an unknown action is a wrong command line", async () => {
  const { exitCode, err } = await runCli(["hardware", "unsafe"]);
  assert.equal(exitCode, 2);
  assert.match(err, /there is no "unsafe"; expected "safe" or nothing/);
});

test("safe: nothing to do where no output has a safe level", async (t) => {
  const { exitCode, out } = await runCli(["hardware", "safe", "--home", tempFolder(t)]);
  assert.deepEqual([exitCode, out], [0, "no resource has an output with a safe level\n"]);
});
