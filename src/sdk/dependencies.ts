/** Typed look-up of a resource's dependencies. */

import { RpcError, Status } from "../proto/status-code.js";
import type { Handle } from "./resource.js";
import type { ApiAdapter, ResourceApi } from "./resource-api.js";

export interface Dependencies {
  /** Full names of all that exist now, required and optional. */
  readonly names: readonly string[];
  /**
   * The dependency of this API with this simple or full name. An object of the same module is called directly, any other through
   * the supervisor. Throws NOT_FOUND for one that `validate` did not name or that is optional and absent.
   */
  get<T>(api: ResourceApi<T>, name: string): Handle<T>;
  /** The same, undefined where `get` throws: for optional ones. */
  find<T>(api: ResourceApi<T>, name: string): Handle<T> | undefined;
}

export interface DependencySource {
  /** An object of this module. */
  local(fullName: string): Handle<object> | undefined;
  /** A client through the supervisor. */
  remote(adapter: ApiAdapter<object>, simpleName: string): Handle<object>;
}

/** `adapters`: by API triplet, loaded for every API among `names`. */
export function createDependencies(
  owner: string,
  names: readonly string[],
  adapters: ReadonlyMap<string, ApiAdapter<object>>,
  source: DependencySource,
): Dependencies {
  const find = <T>(api: ResourceApi<T>, name: string): Handle<T> | undefined => {
    const fullName = names.find((candidate) => matches(candidate, api.triplet, name));
    const adapter = adapters.get(api.triplet);
    if (fullName === undefined || adapter === undefined) return undefined;
    // The full name carries the API's triplet, so what is found is of that API.
    return (source.local(fullName) ?? source.remote(adapter, simpleName(fullName))) as unknown as Handle<T>;
  };
  return {
    names,
    find,
    get: (api, name) => {
      const found = find(api, name);
      if (found !== undefined) return found;
      const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
      throw new RpcError(Status.NOT_FOUND, `${owner} has no dependency ${api.triplet}/${name}; ${known}. Return the name from validate`);
    },
  };
}

function matches(candidate: string, triplet: string, name: string): boolean {
  if (candidate === name) return candidate.startsWith(`${triplet}/`);
  if (!candidate.startsWith(`${triplet}/`)) return false;
  const simple = simpleName(candidate);
  // A resource of a remote machine is `remote:name`; its own name is enough.
  return simple === name || simple.slice(simple.lastIndexOf(":") + 1) === name;
}

function simpleName(fullName: string): string {
  return fullName.slice(fullName.indexOf("/") + 1);
}
