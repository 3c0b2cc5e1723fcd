/** The module's models on hardware in memory and a clock that the test moves. */

import { createFakeHardware, type FakeHardware, type FakeHardwareOptions } from "pinion/hardware/testing";
import type { Dependencies, DependencyNames, Handle, LogFields, ResourceApi, ResourceConfig, ResourceLogger, Values } from "pinion/sdk";
import { createModels } from "../../../../drivers/gpio/models.js";
import { createRig, type Rig } from "../../../../drivers/gpio/rig.js";
import type { Timing } from "../../../../drivers/gpio/timing.js";
import { millis } from "../../../../src/base/millis.js";
import { FakeClock } from "../../../support/fake-clock.js";

/** Line of GPIO n of the Raspberry Pi 5 that the hardware in memory is. */
export function io(offset: number): { readonly chip: string; readonly offset: number } {
  return { chip: "pinctrl-rp1", offset };
}

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

interface Api<T> {
  readonly triplet: string;
  readonly service: string;
  readonly load: ResourceApi<T>["load"];
}

export class Bench {
  readonly clock: FakeClock = new FakeClock();
  readonly logs: LoggedLine[] = [];
  readonly fake: FakeHardware;
  readonly rig: Rig;
  readonly #resources = new Map<string, object>();

  constructor(options: Omit<FakeHardwareOptions, "clock"> = {}) {
    this.fake = createFakeHardware({ ...options, clock: this.clock });
    const timing: Timing = {
      clock: this.clock,
      exactly: (time, action) => {
        const timer = this.clock.after(millis(time - this.clock.now()), action);
        return () => timer.cancel();
      },
      spin: () => undefined,
    };
    this.rig = createRig(this.fake.hardware, timing);
  }

  /** What the model says about these attributes; rejects with what is wrong with them. */
  async validate(api: { readonly triplet: string }, model: string, attributes: Values, name = "it"): Promise<DependencyNames> {
    const definition = this.#model(api, model);
    const checked = await definition.attributes?.["~standard"].validate(attributes);
    if (checked === undefined) throw new Error("the model has no schema");
    if (checked.issues !== undefined) {
      throw new Error(checked.issues.map(({ path = [], message }) => `attributes.${path.map(segment).join(".")}: ${message}`).join("; "));
    }
    return await definition.validate(checked.value, configOf(api, model, name, attributes));
  }

  async add<T extends object>(api: Api<T>, model: string, name: string, attributes: Values = {}): Promise<Handle<T>> {
    const definition = this.#model(api, model);
    const { required = [] } = await this.validate(api, model, attributes, name);
    const checked = await definition.attributes?.["~standard"].validate(attributes);
    const value = checked?.issues === undefined ? checked?.value : undefined;
    const resource = await definition.create({
      name,
      fullName: `${api.triplet}/${name}`,
      attributes: value,
      dependencies: this.#dependencies(required),
      logger: this.#logger(),
      config: configOf(api, model, name, attributes),
      dataFolder: undefined,
      signal: new AbortController().signal,
    });
    this.#resources.set(`${api.triplet}/${name}`, resource);
    return resource as Handle<T>;
  }

  /** A resource of another module. */
  addForeign(fullName: string, resource: object): void {
    this.#resources.set(fullName, resource);
  }

  async close(resource: object): Promise<void> {
    await (resource as { stop?: () => Promise<void> }).stop?.();
    await (resource as { close?: () => Promise<void> }).close?.();
  }

  #model(api: { readonly triplet: string }, model: string): ReturnType<typeof createModels>[number] {
    const found = createModels(this.rig).find((candidate) => candidate.model === model && candidate.api.triplet === api.triplet);
    if (found === undefined) throw new Error(`no model ${model} of ${api.triplet}`);
    return found;
  }

  #dependencies(required: readonly string[]): Dependencies {
    const names = [...this.#resources.keys()].filter((fullName) => required.some((name) => fullName.endsWith(`/${name}`)));
    const find = <T>(api: ResourceApi<T>, name: string): Handle<T> | undefined =>
      this.#resources.get(`${api.triplet}/${name}`) as Handle<T> | undefined;
    return {
      names,
      find,
      get: (api, name) => {
        const found = find(api, name);
        if (found === undefined) throw new Error(`no dependency ${api.triplet}/${name}`);
        return found;
      },
    };
  }

  #logger(): ResourceLogger {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        this.logs.push({ level, message, fields });
      };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }
}

function segment(part: unknown): string {
  return typeof part === "object" && part !== null && "key" in part ? String(part.key) : String(part);
}

function configOf(api: { readonly triplet: string }, model: string, name: string, attributes: Values): ResourceConfig {
  return { name, api: api.triplet, model, attributes, dependsOn: [], frame: undefined, associated: [] };
}
