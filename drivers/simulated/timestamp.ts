/** google.protobuf.Timestamp as messages of custom APIs have it. */
export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

export function toTimestamp(time: Date): Timestamp {
  const milliseconds = time.getTime();
  return { seconds: BigInt(Math.floor(milliseconds / 1000)), nanos: (milliseconds % 1000) * 1_000_000 };
}
