/** A message of gRPC among the bytes of a stream: before it stand a byte of flags and its length in four. Loads no gRPC library. */

/** 32 MiB, the limit all official clients and servers use, for one message each way. */
export const MAX_MESSAGE_BYTES: number = 32 * 1024 * 1024;

export const PREFIX_BYTES = 5;

/** The message with its prefix. `flags`: 0 for one that is not compressed. */
export function frameMessage(message: Uint8Array, flags: number = 0): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = flags;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}
