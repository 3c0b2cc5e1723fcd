/** A camera that looks at a ball rolling to and fro. */
import { invalidArgument, type Lifecycle, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { positive } from "../schema.js";
import { toTimestamp } from "../timestamp.js";
import type { World } from "../world.js";
import type { Camera, CameraProperties, Picture } from "./apis.js";
import { encodePng } from "./png.js";

export interface CameraAttributes {
  readonly width: number;
  readonly height: number;
  readonly animated: boolean;
}

export interface CameraView {
  readonly width: number;
  readonly height: number;
  picture(): Picture;
}

const side = (standard: number): v.GenericSchema<number | undefined, number> => v.pipe(positive(standard), v.integer(), v.maxValue(4096));

export const schema: v.GenericSchema<unknown, CameraAttributes> = v.object({
  width: side(320),
  height: side(240),
  animated: v.optional(v.boolean(), true),
});

export function create({ attributes, fullName }: ResourceContext<CameraAttributes>, world: World): Camera & Lifecycle<CameraAttributes> {
  return new FakeCamera(fullName, attributes, world);
}

const SOURCE = "color";
const PNG = "image/png";
const PCD = "pointcloud/pcd";
const PICTURES_PER_SECOND = 30;
const PERIOD = 4;
const WALL = [52, 73, 94];
const BALL = [230, 126, 34];

class FakeCamera implements Camera, Lifecycle<CameraAttributes>, CameraView {
  readonly #fullName: string;
  readonly #attributes: CameraAttributes;
  readonly #world: World;
  #last: { readonly number: number; readonly image: Uint8Array } | undefined;

  constructor(fullName: string, attributes: CameraAttributes, world: World) {
    this.#fullName = fullName;
    this.#attributes = attributes;
    this.#world = world;
    world.cameras.set(fullName, this);
  }

  get width(): number {
    return this.#attributes.width;
  }

  get height(): number {
    return this.#attributes.height;
  }

  /** Two who ask within the time of one picture get the same. */
  picture(): Picture {
    const number = this.#attributes.animated ? Math.floor(this.#world.clock.now() * PICTURES_PER_SECOND) : 0;
    if (this.#last?.number !== number) this.#last = { number, image: draw(this.width, this.height, number / PICTURES_PER_SECOND) };
    return { sourceName: SOURCE, mimeType: PNG, image: this.#last.image };
  }

  readonly getImage: Camera["getImage"] = async () => {
    const { mimeType, image } = this.picture();
    return { mimeType, image };
  };

  readonly getImages: Camera["getImages"] = async ({ filterSourceNames: wanted }) => {
    const unknown = wanted.find((name) => name !== SOURCE);
    if (unknown !== undefined) throw invalidArgument(`filter_source_names: expected "${SOURCE}", got "${unknown}"`);
    return { images: [this.picture()], responseMetadata: { capturedAt: toTimestamp(this.#world.clock.wall()) } };
  };

  /** A square wall of 21 by 21 points, half a metre away. */
  readonly getPointCloud: Camera["getPointCloud"] = async () => {
    const points: string[] = [];
    for (let y = -10; y <= 10; y++) for (let x = -10; x <= 10; x++) points.push(`${x / 50} ${y / 50} 0.5`);
    const lines = [
      "VERSION .7",
      "FIELDS x y z",
      "SIZE 4 4 4",
      "TYPE F F F",
      "COUNT 1 1 1",
      `WIDTH ${points.length}`,
      "HEIGHT 1",
      "VIEWPOINT 0 0 0 1 0 0 0",
      `POINTS ${points.length}`,
      "DATA ascii",
      ...points,
    ];
    return { mimeType: PCD, pointCloud: Buffer.from(`${lines.join("\n")}\n`) };
  };

  readonly getProperties: Camera["getProperties"] = async (): Promise<CameraProperties> => ({
    supportsPcd: true,
    // As wide a view as a common webcam's: the focal length is the width.
    intrinsicParameters: {
      widthPx: this.width,
      heightPx: this.height,
      focalXPx: this.width,
      focalYPx: this.width,
      centerXPx: this.width / 2,
      centerYPx: this.height / 2,
    },
    mimeTypes: [PNG],
    frameRate: PICTURES_PER_SECOND,
  });

  close(): void {
    if (this.#world.cameras.get(this.#fullName) === this) this.#world.cameras.delete(this.#fullName);
  }
}

function draw(width: number, height: number, time: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  const radius = Math.min(width, height) / 6;
  const at = { x: width / 2 + Math.sin((2 * Math.PI * time) / PERIOD) * (width / 2 - radius), y: height / 2 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgb.set(Math.hypot(x - at.x, y - at.y) <= radius ? BALL : WALL, (y * width + x) * 3);
  }
  return encodePng(width, height, rgb);
}
