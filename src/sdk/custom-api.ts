/** An API of one's own, described by a .proto file that is read when the API is first used. */
import type { CallContext, CallOptions as RpcOptions } from "../proto/service.js";
import type { Resource } from "./resource.js";
import { createApi, type ResourceApi } from "./resource-api.js";

export interface CustomApiOptions {
  /** `namespace:component:subtype` or `namespace:service:subtype` */
  readonly api: string;
  /** Path or file URL of the .proto file. */
  readonly proto: string | URL;
  /** Full name of the service in it, for example `acme.component.gizmo.v1.GizmoService`. */
  readonly service: string;
  /** Where imports are looked up besides the file's own folder and Pinion's .proto files (`viam/common/v1/common.proto`). */
  readonly includeFolders?: readonly string[] | undefined;
}

/**
 * What implementations of a custom API look like, and clients too: each RPC by its name with a small first letter. Write an interface
 * for it, with the field names in camelCase, 64-bit integers as bigint, enums as their names, Struct as plain objects; message fields
 * that were not sent are undefined, all others have their zero value.
 * Request types leave out the resource's name: clients add it, implementations need it no more. A stream is an async iterable.
 */
export interface CustomResource extends Resource {}

/** Second parameter of every method: callers set what they want, implementations get signal and metadata. */
export type CustomCallOptions = RpcOptions | CallContext;

/**
 * Defines an API from a .proto file. Field 1 of every request message is the resource's name, usually `string name = 1`; in streams that of the
 * first message counts.
 *
 * @example
 * interface Gizmo extends CustomResource {
 *   doOne(request: { arg1: string }, options?: CustomCallOptions): Promise<{ ret1: boolean }>;
 *   doMany(requests: AsyncIterable<{ arg1: string }>, options?: CustomCallOptions): AsyncIterable<{ ret1: boolean }>;
 * }
 * export const gizmo = defineApi<Gizmo>({
 *   api: "acme:component:gizmo",
 *   proto: new URL("../gizmo.proto", import.meta.url),
 *   service: "acme.component.gizmo.v1.GizmoService",
 * });
 */
export function defineApi<T extends CustomResource>(options: CustomApiOptions): ResourceApi<T> {
  if (!/^[\w-]+:(component|service):[\w-]+$/.test(options.api)) {
    throw new TypeError(`api: expected namespace:component:subtype or namespace:service:subtype, got "${options.api}"`);
  }
  return createApi<T>(options.api, options.service, async () => {
    const { createCustomAdapter } = await import("./adapters/custom-adapter.js");
    // The .proto file decides what travels; the interface is the author's reading of it.
    return createCustomAdapter(options) as unknown as Awaited<ReturnType<ResourceApi<T>["load"]>>;
  });
}
