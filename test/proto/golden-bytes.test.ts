/** Messages against bytes worked out by hand from the field tables. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ResourceName } from "../../src/proto/gen/viam/common/v1/common.js";
import { PWMFrequencyResponse, StreamTicksResponse } from "../../src/proto/gen/viam/component/board/v1/board.js";
import { GetPositionRequest, PositionType } from "../../src/proto/gen/viam/component/encoder/v1/encoder.js";
import { SetPowerRequest } from "../../src/proto/gen/viam/component/motor/v1/motor.js";
import { AddResourceRequest, ReadyRequest } from "../../src/proto/gen/viam/module/v1/module.js";
import { GetMachineStatusResponse_State, ModuleStatus_State, RestartModuleRequest } from "../../src/proto/gen/viam/robot/v1/robot.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const ascii = (text: string): string => Buffer.from(text).toString("hex");

test("a motor's SetPower has name 1, power 2 as a double, extra 99", () => {
  const bytes = SetPowerRequest.encode({ name: "m", powerPct: 0.5, extra: { a: true } }).finish();
  // extra: field 99, wire type 2 = 794 = varint 9a 06; Struct{fields{"a": Value{bool_value=true}}}
  assert.equal(hex(bytes), `0a01${ascii("m")}11000000000000e03f9a0609` + `0a070a01${ascii("a")}12022001`);
});

test("an absent extra leaves no bytes, and neither do zeros", () => {
  assert.equal(hex(SetPowerRequest.encode({ name: "m", powerPct: 0 }).finish()), `0a01${ascii("m")}`);
});

test("Ready carries the parent's address in fields 1 and 3", () => {
  const bytes = ReadyRequest.encode({ parentAddress: "/p", webrtcOffer: "", rawParentAddress: "/p" }).finish();
  assert.equal(hex(bytes), `0a02${ascii("/p")}1a02${ascii("/p")}`);
});

test("AddResource nests the config with api as field 9 and level as field 1 of 10", () => {
  const config = { name: "s", namespace: "", type: "", model: "a:b:c", dependsOn: [], serviceConfigs: [], api: "x:y:z" };
  const bytes = AddResourceRequest.encode({ config: { ...config, logConfiguration: { level: "warn" } }, dependencies: ["d"] }).finish();
  const inner = `0a01${ascii("s")}2205${ascii("a:b:c")}4a05${ascii("x:y:z")}52060a04${ascii("warn")}`;
  assert.equal(hex(bytes), `0a${(inner.length / 2).toString(16)}${inner}1201${ascii("d")}`);
});

test("every kind of Value is written, null too", () => {
  const bytes = SetPowerRequest.encode({ name: "", powerPct: 0, extra: { n: null, d: 1.5, s: "t", l: [1], o: {} } }).finish();
  const entry = (key: string, value: string): string =>
    `0a${(value.length / 2 + 5).toString(16).padStart(2, "0")}0a01${ascii(key)}12${(value.length / 2).toString(16).padStart(2, "0")}${value}`;
  const fields = [
    entry("n", "0800"),
    entry("d", "11000000000000f83f"),
    entry("s", `1a01${ascii("t")}`),
    entry("l", "320b0a0911000000000000f03f"),
    entry("o", "2a00"),
  ].join("");
  assert.equal(hex(bytes), `9a06${(fields.length / 2).toString(16)}${fields}`);
  assert.deepEqual(SetPowerRequest.decode(bytes).extra, { n: null, d: 1.5, s: "t", l: [1], o: {} });
});

test("64-bit fields are bigints beyond what a double holds", () => {
  const time = 2n ** 63n + 1n;
  const bytes = StreamTicksResponse.encode({ pinName: "", time, high: true }).finish();
  assert.equal(hex(bytes), "10818080808080808080011801");
  assert.equal(StreamTicksResponse.decode(bytes).time, time);
  assert.equal(hex(PWMFrequencyResponse.encode({ frequencyHz: 300n }).finish()), "08ac02");
});

test("a set optional enum is written even when it is zero", () => {
  assert.equal(hex(GetPositionRequest.encode({ name: "", positionType: PositionType.UNSPECIFIED }).finish()), "1000");
  assert.equal(hex(GetPositionRequest.encode({ name: "" }).finish()), "");
});

test("a oneof tells its members apart", () => {
  const bytes = RestartModuleRequest.encode({ idOrName: { $case: "moduleName", value: "spy" } }).finish();
  assert.equal(hex(bytes), `1203${ascii("spy")}`);
  assert.deepEqual(RestartModuleRequest.decode(bytes).idOrName, { $case: "moduleName", value: "spy" });
});

test("resource names and states have the numbers of the wire", () => {
  const name = { namespace: "rdk", type: "component", subtype: "motor", name: "m", remotePath: [], localName: "" };
  assert.equal(
    hex(ResourceName.encode(name).finish()),
    `0a03${ascii("rdk")}1209${ascii("component")}1a05${ascii("motor")}2201${ascii("m")}`,
  );
  assert.deepEqual({ ...ModuleStatus_State }, { UNSPECIFIED: 0, PENDING: 1, STARTING: 2, READY: 3, UNHEALTHY: 4, CLOSING: 5 });
  assert.equal(GetMachineStatusResponse_State.RUNNING, 2);
});

test("fields of newer peers are skipped", () => {
  const bytes = Buffer.from(`0a01${ascii("m")}aa0603${ascii("new")}`, "hex");
  assert.deepEqual(SetPowerRequest.decode(bytes), { name: "m", powerPct: 0, extra: undefined });
});
