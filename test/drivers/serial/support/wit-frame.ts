/** A WitMotion frame by the rule: four signed 16-bit numbers. */
export function witFrame(kind: number, values: readonly number[]): Buffer {
  const frame = Buffer.alloc(11);
  frame[0] = 0x55;
  frame[1] = kind;
  for (const [index, value] of values.slice(0, 4).entries()) frame.writeInt16LE(value, 2 + 2 * index);
  frame[10] = frame.subarray(0, 10).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
}
