import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CHIP_INFO_BYTES,
  decodeChipInfo,
  decodeEvent,
  decodeLineInfo,
  decodeLineValues,
  decodeRequestDescriptor,
  EVENT_BYTES,
  encodeLineInfoQuery,
  encodeLineRequest,
  encodeLineValues,
  FLAG,
  GET_CHIPINFO,
  GET_LINE,
  GET_LINEINFO,
  LINE_GET_VALUES,
  LINE_INFO_BYTES,
  LINE_REQUEST_BYTES,
  LINE_SET_VALUES,
  LINE_VALUES_BYTES,
  maskOf,
  viewOf,
} from "../../../src/hardware/gpio/character-device/abi.js";

/** Codes as the kernel's macros make them: direction, size, group 0xB4, number. */
const CODES: readonly (readonly [name: string, code: number, isWritten: boolean, bytes: number, number: number])[] = [
  ["GET_CHIPINFO", GET_CHIPINFO, false, CHIP_INFO_BYTES, 0x01],
  ["GET_LINEINFO", GET_LINEINFO, true, LINE_INFO_BYTES, 0x05],
  ["GET_LINE", GET_LINE, true, LINE_REQUEST_BYTES, 0x07],
  ["LINE_GET_VALUES", LINE_GET_VALUES, true, LINE_VALUES_BYTES, 0x0e],
  ["LINE_SET_VALUES", LINE_SET_VALUES, true, LINE_VALUES_BYTES, 0x0f],
];

for (const [name, code, isWritten, bytes, number] of CODES) {
  test(`the request code ${name} carries the size of its struct`, () => {
    const direction = isWritten ? 3 : 2;
    assert.equal(code, direction * 2 ** 30 + bytes * 2 ** 16 + 0xb4 * 2 ** 8 + number);
  });
}

test("the flags are the bits of the kernel's header", () => {
  const bits = Object.entries(FLAG).map(([name, flag]) => [name, flag.toString(2).length - 1]);
  assert.deepEqual(bits, [
    ["used", 0],
    ["activeLow", 1],
    ["input", 2],
    ["output", 3],
    ["edgeRising", 4],
    ["edgeFalling", 5],
    ["openDrain", 6],
    ["openSource", 7],
    ["biasUp", 8],
    ["biasDown", 9],
    ["biasDisabled", 10],
  ]);
});

/** Bytes that are not zero, by offset. */
function nonZero(bytes: Uint8Array): Record<number, number> {
  return Object.fromEntries([...bytes.entries()].filter(([, value]) => value !== 0));
}

test("a request of two outputs puts every field where the kernel reads it, and zeros elsewhere", () => {
  const bytes = encodeLineRequest({ offsets: [17, 300], consumer: "AB", flags: FLAG.output | FLAG.openDrain, values: 0b10n });
  assert.equal(bytes.length, 592);
  assert.deepEqual(nonZero(bytes), {
    0: 17,
    4: 300 - 256,
    5: 1,
    256: 0x41,
    257: 0x42,
    288: 0x48, // output and open drain
    296: 1, // attributes
    320: 2, // output values
    328: 0b10,
    336: 0b11, // of both lines
    560: 2,
  });
});

test("a request of debounced edges carries the period for all its lines, and the size of the buffer", () => {
  const flags = FLAG.input | FLAG.edgeRising | FLAG.edgeFalling;
  const bytes = encodeLineRequest({ offsets: [1, 2, 3], consumer: "", flags, debounce: 50_000, eventBufferSize: 1024 });
  assert.deepEqual(nonZero(bytes), {
    0: 1,
    4: 2,
    8: 3,
    288: 0x34,
    296: 1,
    320: 3,
    328: 0x50, // 50 000 = 0xc350
    329: 0xc3,
    336: 0b111,
    560: 3,
    565: 4, // 1024
  });
});

test("a long consumer is cut before the byte that ends the text, never within a character", () => {
  const bytes = encodeLineRequest({ offsets: [0], consumer: `${"x".repeat(30)}ä`, flags: FLAG.input });
  assert.equal(Buffer.from(bytes.subarray(256, 288)).toString("latin1"), `${"x".repeat(30)}\0\0`);
});

test("64 lines fit into a request", () => {
  const offsets = Array.from({ length: 64 }, (_, index) => index);
  const view = viewOf(encodeLineRequest({ offsets, consumer: "", flags: FLAG.output, values: maskOf(64) }));
  assert.equal(view.getUint32(252, true), 63);
  assert.equal(view.getBigUint64(336, true), 0xffff_ffff_ffff_ffffn);
  assert.equal(view.getUint32(560, true), 64);
});

test("the descriptor of a request is read from where the kernel writes it", () => {
  const bytes = new Uint8Array(LINE_REQUEST_BYTES);
  viewOf(bytes).setInt32(588, 23, true);
  assert.equal(decodeRequestDescriptor(bytes), 23);
});

test("a chip's name, label and lines are read", () => {
  const bytes = new Uint8Array(CHIP_INFO_BYTES);
  bytes.set(Buffer.from("gpiochip4"), 0);
  bytes.set(Buffer.from("a-label-as-long-as-the-field-is!"), 32);
  viewOf(bytes).setUint32(64, 54, true);
  assert.deepEqual(decodeChipInfo(bytes), { name: "gpiochip4", label: "a-label-as-long-as-the-field-is!", lines: 54 });
});

test("a line's name, consumer, offset and flags are read", () => {
  const query = encodeLineInfoQuery(300);
  assert.deepEqual(nonZero(query), { 64: 300 - 256, 65: 1 });
  query.set(Buffer.from("GPIO17"), 0);
  query.set(Buffer.from("motor"), 32);
  viewOf(query).setBigUint64(72, FLAG.used | FLAG.output, true);
  assert.deepEqual(decodeLineInfo(query), { name: "GPIO17", consumer: "motor", offset: 300, flags: 9n });
});

test("levels go out and come back as bits", () => {
  const bytes = new Uint8Array(LINE_VALUES_BYTES);
  encodeLineValues(bytes, 0b101n, 0b111n);
  assert.deepEqual(nonZero(bytes), { 0: 0b101, 8: 0b111 });
  assert.equal(decodeLineValues(bytes), 0b101n);
});

for (const [id, isRising] of [
  [1, true],
  [2, false],
] as const) {
  test(`an event of id ${id} is ${isRising ? "rising" : "falling"}`, () => {
    const bytes = new Uint8Array(EVENT_BYTES * 2);
    const view = viewOf(bytes);
    view.setBigUint64(48, 1_234_567_890_123n, true);
    view.setUint32(56, id, true);
    view.setUint32(60, 22, true);
    view.setUint32(64, 7, true);
    assert.deepEqual(decodeEvent(view, 48), { time: 1_234_567_890_123n, isRising, offset: 22, sequence: 7 });
  });
}
