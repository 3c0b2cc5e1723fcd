/** Headers of a gRPC call as a proxy sees them. */

export const GRPC_CONTENT_TYPE = "application/grpc";

/** Whether a header came more than once; `raw` is name, value, name, value, …, names in lower case. */
export function isRepeatedIn(raw: readonly string[], name: string): boolean {
  return raw.filter((text, index) => index % 2 === 0 && text === name).length > 1;
}
