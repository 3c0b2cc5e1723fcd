/**
 * The interop suite's module in TypeScript: the three models that every language of the suite serves.
 * ACME_SUFFIX is appended to the models' names, so that one program can be several modules.
 */
import { defineModel, type Handle, type Motor, motor, runModule, type Sensor, sensor } from "pinion/sdk";
import * as v from "valibot";
import { commands, countBuild } from "./commands.js";
import { gauge } from "./gauge.js";

const suffix = process.env["ACME_SUFFIX"] ?? "";
const offset = v.optional(v.number(), 0);

const thermo = defineModel({
  api: sensor,
  model: `acme:typescript:thermo${suffix}`,
  attributes: v.object({ offset, refuse: v.optional(v.string()) }),
  create({ name, attributes, logger }) {
    countBuild(name);
    if (attributes.refuse !== undefined) throw new Error(attributes.refuse);
    let celsius = 20 + attributes.offset;
    let count = 0;
    return {
      getReadings: async () => {
        count += 1;
        return { celsius, count };
      },
      doCommand: commands(name, logger),
      reconfigure(next) {
        celsius = 20 + next.attributes.offset;
      },
    };
  },
});

const winch = defineModel({
  api: motor,
  model: `acme:typescript:winch${suffix}`,
  attributes: v.object({ sensor: v.string(), spare: v.optional(v.string()) }),
  validate: (attributes) => ({ required: [attributes.sensor], optional: attributes.spare === undefined ? [] : [attributes.spare] }),
  create({ name, attributes, dependencies, logger }): Motor {
    countBuild(name);
    const main = dependencies.get(sensor, attributes.sensor);
    const spare = attributes.spare === undefined ? undefined : dependencies.find(sensor, attributes.spare);
    let power = 0;
    const run = async (next: number): Promise<void> => {
      power = next;
    };
    const describe = async () => ({ power, sensor: await celsius(main), spare: spare === undefined ? null : await celsius(spare) });
    return {
      setPower: run,
      goFor: () => run(1),
      goTo: () => run(1),
      setRpm: () => run(1),
      resetZeroPosition: async () => {},
      getPosition: () => celsius(main),
      getProperties: async () => ({ positionReporting: true }),
      stop: () => run(0),
      isPowered: async () => ({ isOn: power !== 0, power }),
      isMoving: async () => power !== 0,
      doCommand: commands(name, logger, describe),
    };
  },
});

async function celsius(from: Handle<Sensor>): Promise<number> {
  const value = (await from.getReadings())["celsius"];
  if (typeof value !== "number") throw new Error(`expected a sensor that reads celsius as a number, got ${value}`);
  return value;
}

const dial = defineModel({
  api: gauge,
  model: `acme:typescript:dial${suffix}`,
  attributes: v.object({ offset }),
  create({ name, attributes, logger }) {
    countBuild(name);
    const base = 20 + attributes.offset;
    return {
      measure: async ({ unit }) => ({ value: base, unit }),
      async *watch({ count }) {
        for (let index = 0; index < count; index += 1) yield { index, value: base + index };
      },
      async record(requests) {
        let count = 0;
        let sum = 0;
        for await (const { value } of requests) {
          count += 1;
          sum += value;
        }
        return { count, sum };
      },
      async *calibrate(requests) {
        for await (const { target } of requests) yield { target, error: base - target };
      },
      doCommand: commands(name, logger),
    };
  },
});

await runModule({ models: [thermo, winch, dial] });
