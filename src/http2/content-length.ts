/** RFC 9113 section 8.1.1: a message has as many bytes of data as its content-length says, where there is one. */
import { ErrorCode, StreamError } from "./error-codes.js";
import type { HeaderList } from "./header-list.js";
import { contentLength } from "./message-rules.js";
import type { Stream } from "./stream.js";

export function expectLength<T>(stream: Stream<T>, list: HeaderList): void {
  const length = contentLength(list);
  if (length === undefined) throw new StreamError(stream.id, ErrorCode.PROTOCOL_ERROR, "content-length is no single number");
  stream.expectedBytes = length;
}

export function checkLength<T>(stream: Stream<T>, isEnd: boolean): void {
  const { expectedBytes, receivedBytes } = stream;
  if (expectedBytes < 0 || (isEnd ? receivedBytes === expectedBytes : receivedBytes <= expectedBytes)) return;
  throw new StreamError(stream.id, ErrorCode.PROTOCOL_ERROR, `${receivedBytes} bytes of data, content-length says ${expectedBytes}`);
}
