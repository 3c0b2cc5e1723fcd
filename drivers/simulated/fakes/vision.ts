/** A vision service that sees one thing in the middle of every picture. */
import { invalidArgument, notFound, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import { resourceName } from "../schema.js";
import type { World } from "../world.js";
import type { Capture, Classification, Detection, Vision } from "./apis.js";
import type { CameraView } from "./camera.js";

export interface VisionAttributes {
  readonly default_camera?: string | undefined;
}

export const schema: v.GenericSchema<unknown, VisionAttributes> = v.object({ default_camera: resourceName });

export function create({ attributes }: ResourceContext<VisionAttributes>, world: World): Vision {
  return new FakeVision(attributes.default_camera, world);
}

const CLASSIFICATION: Classification = { className: "a_classification", confidence: 0.85 };

class FakeVision implements Vision {
  readonly #defaultCamera: string | undefined;
  readonly #world: World;

  constructor(defaultCamera: string | undefined, world: World) {
    this.#defaultCamera = defaultCamera;
    this.#world = world;
  }

  readonly getDetectionsFromCamera: Vision["getDetectionsFromCamera"] = async ({ cameraName }) => {
    const { width, height } = this.#camera(cameraName);
    return { detections: [detectionIn(width, height)] };
  };

  readonly getDetections: Vision["getDetections"] = async ({ width, height }) => {
    if (width <= 0n || height <= 0n) throw invalidArgument(`width and height: expected those of the picture, got ${width} and ${height}`);
    return { detections: [detectionIn(Number(width), Number(height))] };
  };

  readonly getClassificationsFromCamera: Vision["getClassificationsFromCamera"] = async ({ cameraName, n }) => {
    this.#camera(cameraName);
    return { classifications: [CLASSIFICATION].slice(0, Math.max(n, 0)) };
  };

  readonly getClassifications: Vision["getClassifications"] = async ({ n }) => ({
    classifications: [CLASSIFICATION].slice(0, Math.max(n, 0)),
  });

  readonly getProperties: Vision["getProperties"] = async () => ({
    classificationsSupported: true,
    detectionsSupported: true,
    objectPointCloudsSupported: false,
    ...(this.#defaultCamera === undefined ? {} : { defaultCamera: this.#defaultCamera }),
  });

  readonly captureAllFromCamera: Vision["captureAllFromCamera"] = async (request): Promise<Capture> => {
    const camera = this.#camera(request.cameraName);
    return {
      ...(request.returnImage ? { image: camera.picture() } : {}),
      detections: request.returnDetections ? [detectionIn(camera.width, camera.height)] : [],
      classifications: request.returnClassifications ? [CLASSIFICATION] : [],
    };
  };

  #camera(name: string): CameraView {
    const wanted = name === "" ? this.#defaultCamera : name;
    if (wanted === undefined) throw invalidArgument('camera_name: expected a camera, got none, and "default_camera" is not configured');
    const known = this.#world.cameras;
    const camera = known.get(wanted) ?? known.get(`rdk:component:camera/${wanted}`);
    if (camera !== undefined) return camera;
    throw notFound(
      `no fake camera "${wanted}": a fake vision service sees through ${[...known.keys()].join(", ") || "fake cameras, and there is none"}`,
    );
  }
}

/** The middle of the picture, half as wide and high. */
function detectionIn(width: number, height: number): Detection {
  const at = (share: number, length: number): bigint => BigInt(Math.trunc(share * length));
  return {
    xMin: at(0.25, width),
    yMin: at(0.25, height),
    xMax: at(0.75, width),
    yMax: at(0.75, height),
    confidence: 0.92,
    className: "a_detection",
  };
}
