/** An arm whose joints go where they are told. Its links lie in one plane, so that the pose of its end is easily checked. */
import { invalidArgument, type Lifecycle, type Pose, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { OneMotion } from "../one-motion.js";
import { Sweep } from "../physics/sweep.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";
import type { Arm, Joints } from "./apis.js";

export interface ArmAttributes {
  readonly joint_count?: number | undefined;
  readonly "arm-model"?: string | undefined;
  readonly link_mm: number;
  readonly speed_degs_per_sec: number;
}

export const schema: v.GenericSchema<unknown, ArmAttributes> = v.object({
  joint_count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32))),
  "arm-model": v.optional(v.string()),
  link_mm: positive(300),
  speed_degs_per_sec: positive(720),
});

export function create({ attributes, name }: ResourceContext<ArmAttributes>, world: World): Arm & Lifecycle<ArmAttributes> {
  return new FakeArm(name, attributes, world);
}

const FURTHEST = 360;

class FakeArm implements Arm, Lifecycle<ArmAttributes> {
  readonly #name: string;
  readonly #attributes: ArmAttributes;
  readonly #joints: readonly Sweep[];
  readonly #motion: OneMotion;
  /** Where moveToPosition put the end; the joints do not know how to get there. */
  #end: Pose | undefined;

  constructor(name: string, attributes: ArmAttributes, { clock }: World) {
    this.#name = name;
    this.#attributes = attributes;
    this.#joints = Array.from({ length: jointCount(attributes) }, () => new Sweep(clock.now, 0));
    this.#motion = new OneMotion(clock);
  }

  readonly getEndPosition: Arm["getEndPosition"] = async () => ({ pose: this.#end ?? this.#pose() });

  readonly moveToPosition: Arm["moveToPosition"] = async ({ to }) => {
    if (to === undefined) throw invalidArgument("to: expected a pose, got none");
    this.#hold();
    this.#end = to;
    return {};
  };

  readonly getJointPositions: Arm["getJointPositions"] = async () => ({ positions: { values: this.#values() } });

  readonly moveToJointPositions: Arm["moveToJointPositions"] = async ({ positions }, options) => {
    await this.#moveThrough([positions ?? { values: [] }], options?.signal);
    return {};
  };

  readonly moveThroughJointPositions: Arm["moveThroughJointPositions"] = async ({ positions }, options) => {
    await this.#moveThrough(positions, options?.signal);
    return {};
  };

  readonly stop: Arm["stop"] = async () => {
    this.#hold();
    return {};
  };

  readonly isMoving: Arm["isMoving"] = async () => ({ isMoving: this.#joints.some((joint) => joint.isMoving()) });

  /** The chain in the format called SVA: links and the axes of the joints between them. */
  readonly getKinematics: Arm["getKinematics"] = async () => {
    const links = this.#joints.map((_, index) => ({
      id: `link${index}`,
      parent: `joint${index}`,
      translation: { x: this.#attributes.link_mm, y: 0, z: 0 },
    }));
    const joints = this.#joints.map((_, index) => ({
      id: `joint${index}`,
      type: "revolute",
      parent: index === 0 ? "base" : `link${index - 1}`,
      axis: { x: 0, y: 0, z: 1 },
      min: -FURTHEST,
      max: FURTHEST,
    }));
    const base = { id: "base", parent: "world", translation: { x: 0, y: 0, z: 0 } };
    const model = { name: this.#name, kinematic_param_type: "SVA", links: [base, ...links], joints };
    return { format: "KINEMATICS_FILE_FORMAT_SVA", kinematicsData: Buffer.from(JSON.stringify(model)) };
  };

  readonly getStatus = async (): Promise<Record<string, unknown>> => ({
    joint_positions: this.#values(),
    end_position: this.#end ?? this.#pose(),
  });

  close(): void {
    this.#motion.end();
  }

  async #moveThrough(positions: readonly Joints[], signal: AbortSignal | undefined): Promise<void> {
    for (const { values } of positions) this.#check(values);
    let isReplaced = false;
    for (const { values } of positions) {
      if (isReplaced) return;
      isReplaced = true;
      this.#end = undefined;
      this.#motion.end();
      const arrivals = this.#joints.map((joint, index) => joint.goTo(values[index] ?? 0, this.#attributes.speed_degs_per_sec));
      await this.#motion.run({
        until: Math.max(...arrivals),
        signal,
        onArrival: () => {
          isReplaced = false;
        },
        onAbort: () => this.#hold(),
      });
    }
  }

  #check(values: readonly number[]): void {
    if (values.length !== this.#joints.length) {
      throw invalidArgument(`positions: expected ${this.#joints.length} values, one a joint, got ${values.length}`);
    }
    const wrong = values.find((value) => !(Math.abs(value) <= FURTHEST));
    if (wrong !== undefined) throw invalidArgument(`positions: expected -${FURTHEST} to ${FURTHEST} degrees, got ${wrong}`);
  }

  #hold(): void {
    for (const joint of this.#joints) joint.hold();
    this.#motion.end();
  }

  #values(): number[] {
    return this.#joints.map((joint) => joint.position());
  }

  #pose(): Pose {
    let [x, y, theta] = [0, 0, 0];
    for (const value of this.#values()) {
      theta += value;
      x += this.#attributes.link_mm * Math.cos((theta * Math.PI) / 180);
      y += this.#attributes.link_mm * Math.sin((theta * Math.PI) / 180);
    }
    return { x, y, z: 0, oX: 0, oY: 0, oZ: 1, theta };
  }
}

/** Existing configs name real arms: most have six joints, those with a 7 in their name seven. */
function jointCount({ joint_count: count, "arm-model": model = "" }: ArmAttributes): number {
  if (count !== undefined) return count;
  if (model === "" || model === "fake") return 1;
  return model.endsWith("7") ? 7 : 6;
}
