/** A switch with some positions, labelled or not. */
import { type DependencyNames, invalidArgument, type ResourceContext, type Switch } from "pinion/sdk";
import * as v from "valibot";

export interface SwitchAttributes {
  readonly position_count: number;
  readonly labels?: readonly string[] | undefined;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000));

export const schema: v.GenericSchema<unknown, SwitchAttributes> = v.pipe(
  v.object({ position_count: v.optional(count, 0), labels: v.optional(v.array(v.string())) }),
  // 0 in existing configs is "not given"; then labels say how many there are.
  v.transform(({ position_count: given, labels }) => ({ labels, position_count: given > 0 ? given : (labels?.length ?? 2) })),
);

export function validate({ position_count: positions, labels }: SwitchAttributes): DependencyNames {
  if (labels === undefined || labels.length === 0 || labels.length === positions) return {};
  throw invalidArgument(`attributes.labels: expected one for each of ${positions} positions, got ${labels.length}`);
}

export function create({ attributes }: ResourceContext<SwitchAttributes>): Switch {
  const { position_count: positions, labels = [] } = attributes;
  let position = 0;
  return {
    setPosition: async (wanted) => {
      if (!(wanted >= 0 && wanted < positions)) throw invalidArgument(`position: expected 0 to ${positions - 1}, got ${wanted}`);
      position = wanted;
    },
    getPosition: async () => position,
    getNumberOfPositions: async () => ({ count: positions, labels }),
    getStatus: async () => ({ position, label: labels[position] ?? "" }),
  };
}
