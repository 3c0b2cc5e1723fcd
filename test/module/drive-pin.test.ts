import assert from "node:assert/strict";
import { test } from "node:test";
import { pwmOffCall, setGpioCall } from "../../src/module/drive-pin.js";
import { BoardServiceDefinition, SetGPIORequest, SetPWMRequest } from "../../src/proto/gen/viam/component/board/v1/board.js";

test("the calls written by hand are those of the board's API", () => {
  const { methods, fullName } = BoardServiceDefinition;
  const high = setGpioCall("local", "11", true);
  assert.equal(high.path, `/${fullName}/${methods.setGPIO.name}`);
  assert.deepEqual(SetGPIORequest.decode(high.request), { name: "local", pin: "11", high: true, extra: undefined });
  assert.deepEqual(SetGPIORequest.decode(setGpioCall("local", "GPIO17", false).request), {
    name: "local",
    pin: "GPIO17",
    high: false,
    extra: undefined,
  });
  const off = pwmOffCall("local", "11");
  assert.equal(off.path, `/${fullName}/SetPWM`);
  assert.deepEqual(SetPWMRequest.decode(off.request), { name: "local", pin: "11", dutyCyclePct: 0, extra: undefined });
});
