/** A machine for tests of the server: what it says is set by hand. */

import { PinionError } from "../../../src/base/errors.js";
import { millis } from "../../../src/base/millis.js";
import type { MachineStatus, MachineView, Route } from "../../../src/machine/machine-status.js";
import type { ModuleState } from "../../../src/module/module-host.js";
import { parseApi } from "../../../src/resource/api.js";
import { apiTextOf, type ResourceName, resourceName, simpleNameOf } from "../../../src/resource/resource-name.js";

export interface FakeModule {
  readonly name: string;
  address: string;
  incarnation: number;
  state: ModuleState;
  /** API triplet to gRPC service. */
  readonly services: Readonly<Record<string, string>>;
}

export class FakeMachine implements MachineView {
  readonly modules: Map<string, FakeModule> = new Map();
  readonly resources: Map<ResourceName, { readonly module: string; isReady: boolean }> = new Map();
  readonly restarted: string[] = [];
  readonly since: Date = new Date("2026-01-02T03:04:05.678Z");
  state: MachineStatus["state"] = "running";

  addModule(name: string, address: string, services: Readonly<Record<string, string>>): FakeModule {
    const module: FakeModule = { name, address, incarnation: 1, state: "ready", services };
    this.modules.set(name, module);
    return module;
  }

  addResource(apiText: string, name: string, module: string): ResourceName {
    const api = parseApi(apiText);
    if (api === undefined) throw new Error(`no API: ${apiText}`);
    const full = resourceName(api, name);
    this.resources.set(full, { module, isReady: true });
    return full;
  }

  status(): MachineStatus {
    return {
      state: this.state,
      revision: "r1",
      appliedAt: this.since,
      resources: [...this.resources].map(([name, { module, isReady }]) => ({
        name,
        state: isReady ? ("ready" as const) : ("unhealthy" as const),
        since: this.since,
        revision: "r1",
        ...(isReady ? {} : { error: "no device" }),
        module,
        dependencies: [],
        optionalDependencies: [],
        waitsFor: [],
      })),
      modules: [...this.modules.values()].map((module) => ({
        name: module.name,
        state: module.state,
        since: this.since,
        config: {
          name: module.name,
          executablePath: "/bin/true",
          type: "local" as const,
          env: {},
          isTcp: false,
          firstRunTimeout: millis(1000),
          isBuiltin: false,
        },
        incarnation: module.incarnation,
        ...(module.state === "ready" ? { address: module.address } : {}),
        handlers: Object.entries(module.services).map(([api, service]) => ({ api, service, models: ["acme:test:one"] })),
        ...(module.state === "backoff" ? { lastFailure: { kind: "exit" as const, message: "it exited with code 3" } } : {}),
        consecutiveFailures: module.state === "backoff" ? 2 : 0,
        restarts: 0,
        lastOutput: [],
      })),
    };
  }

  readyResources(): readonly ResourceName[] {
    return [...this.resources].filter(([, { isReady }]) => isReady).map(([name]) => name);
  }

  hasService(service: string): boolean {
    return [...this.services().values()].includes(service);
  }

  route(service: string, name: string): Route {
    const apis = [...this.services()].filter(([, known]) => known === service).map(([api]) => api);
    if (apis.length === 0) return { kind: "unknown-service" };
    const full = [...this.resources.keys()].find((key) => simpleNameOf(key) === name && apis.includes(apiTextOf(key)));
    const resource = full === undefined ? undefined : this.resources.get(full);
    if (resource === undefined) return { kind: "unknown-resource", message: `no node found with api ${apis[0] ?? ""} and name ${name}` };
    const module = this.modules.get(resource.module);
    if (module?.state !== "ready") {
      return { kind: "unavailable", message: `module "${resource.module}" is not ready`, isModuleDown: true };
    }
    if (!resource.isReady)
      return { kind: "unavailable", message: `resource ${full ?? ""} not available; reason=no device`, isModuleDown: false };
    return { kind: "module", module: module.name, incarnation: module.incarnation, address: module.address };
  }

  services(): ReadonlyMap<string, string> {
    return new Map([...this.modules.values()].flatMap(({ services }) => Object.entries(services)));
  }

  restartModule(nameOrId: string): Promise<void> {
    if (!this.modules.has(nameOrId)) return Promise.reject(new PinionError("MODULE_UNKNOWN", `no module ${nameOrId}`));
    this.restarted.push(nameOrId);
    return Promise.resolve();
  }
}
