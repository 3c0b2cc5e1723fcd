/** A module's process in memory: it holds resources, obeys faults, and writes down what a real one would suffer from. */
import { PinionError } from "../../src/base/errors.js";
import { isEqualJson } from "../../src/base/json.js";
import { type Millis, millis } from "../../src/base/millis.js";
import type { ResourceConfig } from "../../src/config/machine-config.js";
import { conflicts, ItemKeys } from "../../src/machine/leases.js";
import type { ModuleCalls, ValidatedDependencies } from "../../src/module/module-host.js";
import type { HardwareNeeds } from "../../src/resource/hardware-needs.js";
import type { ResourceName } from "../../src/resource/resource-name.js";
import type { FakeModuleManager } from "./fake-module-manager.js";

const NO_BOARDS = new ItemKeys(new Map());

export interface Held {
  readonly config: ResourceConfig;
  readonly dependencies: readonly ResourceName[];
  /** Its removal was asked for. */
  readonly isLeaving: boolean;
}

export class FakeModuleProcess implements ModuleCalls {
  readonly module: string;
  readonly incarnation: number;
  readonly #host: FakeModuleManager;
  isAlive = true;
  isReady = false;
  isStopping = false;
  readonly held: Map<ResourceName, Held> = new Map();
  /** Added or tried, and not removed since: another Add is an error. */
  readonly #touched = new Set<ResourceName>();
  readonly #validated = new Map<ResourceName, ResourceConfig>();
  readonly #hanging = new Set<(error: PinionError) => void>();

  constructor(host: FakeModuleManager, module: string, incarnation: number) {
    this.#host = host;
    this.module = module;
    this.incarnation = incarnation;
  }

  async validate(config: ResourceConfig): Promise<ValidatedDependencies> {
    const { name } = config;
    this.#begin("validate", name);
    await this.#pause(name);
    if (this.#host.faults.refuseValidate.has(name)) throw new PinionError("RESOURCE_INVALID", `${name} is refused`);
    this.#validated.set(name, config);
    const required = texts(config.attributes["need"]);
    return { required, optional: texts(config.attributes["want"]), hardware: hardwareOf(config) };
  }

  async add(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void> {
    const { name } = config;
    this.#begin("add", name, dependencies);
    this.#checkDependencies(config, dependencies);
    if (this.#touched.has(name)) this.#host.violation(`${name} was added twice to ${this.module} without a removal`);
    this.#touched.add(name);
    await this.#construct(config, dependencies, limit, "refuseAdd");
  }

  async reconfigure(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void> {
    const { name } = config;
    this.#begin("reconfigure", name, dependencies);
    this.#checkDependencies(config, dependencies);
    await this.#pause(name);
    if (!this.held.has(name)) this.#host.violation(`${name} was reconfigured in ${this.module}, which does not hold it`);
    if (this.#host.lacksReconfigure.has(this.module)) throw new PinionError("METHOD_UNIMPLEMENTED", "no ReconfigureResource here");
    this.held.delete(name);
    await this.#construct(config, dependencies, limit, "refuseReconfigure");
  }

  async remove(name: ResourceName, limit: Millis): Promise<void> {
    if (!this.isAlive) return;
    this.#host.record(`remove ${name}`, this.module);
    this.#checkOrder(name);
    const held = this.held.get(name);
    if (held !== undefined) this.held.set(name, { ...held, isLeaving: true });
    await this.#pause(name);
    if (!this.isAlive) return;
    if (this.#host.faults.hangRemove.has(name)) await this.#hang(limit);
    if (this.#host.faults.refuseRemove.has(name)) throw new PinionError("MODULE_CALL_FAILED", `${name} is not let go`);
    this.held.delete(name);
    this.#touched.delete(name);
  }

  async drivePin(board: ResourceName, pin: string, isHigh: boolean): Promise<void> {
    if (!this.isAlive) throw this.#gone();
    this.#host.record(`drive ${board} ${pin} ${isHigh ? "high" : "low"}`, this.module);
  }

  kill(): void {
    this.isAlive = false;
    this.isReady = false;
    this.held.clear();
    for (const reject of this.#hanging) reject(this.#gone());
  }

  async #construct(
    config: ResourceConfig,
    dependencies: readonly ResourceName[],
    limit: Millis,
    fault: "refuseAdd" | "refuseReconfigure",
  ): Promise<void> {
    const { name } = config;
    if (!isEqualJson(this.#validated.get(name)?.attributes, config.attributes)) {
      this.#host.violation(`${name} was built without being validated just before`);
    }
    this.#validated.delete(name);
    await this.#pause(name);
    if (this.#host.faults.hang.has(name)) {
      await this.#hang(limit);
    }
    if (this.#host.faults[fault].has(name)) throw new PinionError("RESOURCE_BUILD_FAILED", `${name} cannot be built`);
    this.#checkHardware(config);
    this.held.set(name, { config, dependencies, isLeaving: false });
    if (this.#host.faults.crashOnBuild.delete(name)) this.#host.crash(this.module);
  }

  #begin(call: string, name: ResourceName, dependencies?: readonly ResourceName[]): void {
    const list = dependencies === undefined || dependencies.length === 0 ? "" : ` with ${dependencies.toSorted().join(", ")}`;
    this.#host.record(`${call} ${name}${list}`, this.module);
    if (!this.isAlive) {
      this.#host.violation(`${call} of ${name} was sent to a process of ${this.module} that is gone`);
      throw this.#gone();
    }
    if (this.isStopping) this.#host.violation(`${call} of ${name} was sent to ${this.module} while it was stopping`);
  }

  async #pause(name: ResourceName): Promise<void> {
    const latency = this.#host.latency(name);
    if (latency > 0) await this.#host.clock.sleep(millis(latency));
    else await Promise.resolve();
    if (!this.isAlive) throw this.#gone();
  }

  async #hang(limit: Millis): Promise<void> {
    await new Promise((_resolve, reject) => {
      this.#hanging.add(reject);
      this.#host.clock.after(limit, () => reject(new PinionError("DEADLINE_EXCEEDED", `took longer than ${limit} ms`)));
    });
  }

  #checkDependencies(config: ResourceConfig, dependencies: readonly ResourceName[]): void {
    for (const dependency of dependencies) {
      if (!this.#host.isHeld(dependency)) this.#host.violation(`${config.name} was built before ${dependency} was ready`);
    }
    for (const needed of [...config.dependsOn, ...texts(config.attributes["need"])]) {
      const isGiven = dependencies.some((name) => name === needed || name.endsWith(`/${needed}`));
      if (!isGiven) this.#host.violation(`${config.name} was built without ${needed}`);
    }
  }

  /** A line, an address, a port has one owner at a time. */
  #checkHardware(config: ResourceConfig): void {
    const { name } = config;
    const claims = hardwareOf(config)?.claims ?? [];
    for (const [other, held] of this.#host.allHeld()) {
      const others = hardwareOf(held.config)?.claims ?? [];
      if (other !== name && conflicts({ name, claims }, { name: other, claims: others }, NO_BOARDS)) {
        this.#host.violation(`${name} was built while ${other} had its hardware`);
      }
    }
  }

  /** What goes for good goes after those that require it. */
  #checkOrder(name: ResourceName): void {
    if (this.#host.isWanted(name) && !this.isStopping) return;
    for (const [dependent, { config, isLeaving }] of this.#host.allHeld()) {
      if (isLeaving) continue;
      const needs = [...config.dependsOn, ...texts(config.attributes["need"])];
      if (needs.some((needed) => needed === name || name.endsWith(`/${needed}`))) {
        this.#host.violation(`${name} was removed before ${dependent}, which requires it`);
      }
    }
  }

  #gone(): PinionError {
    return new PinionError("MODULE_NOT_READY", `module "${this.module}" is gone`);
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** What a module says of a resource's hardware: the attribute of this name, which tests only write. */
function hardwareOf({ attributes }: ResourceConfig): HardwareNeeds | undefined {
  return structuredClone(attributes["hardware"]) as HardwareNeeds | undefined;
}
