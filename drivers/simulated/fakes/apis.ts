/** The APIs that the SDK does not have and fakes are served for, read from the .proto files of this driver. */
import { existsSync } from "node:fs";
import path from "node:path";
import { type CustomCallOptions, type CustomResource, defineApi, type Pose, type ResourceApi } from "pinion/sdk";
import type { Timestamp } from "../timestamp.js";

/** A method of a custom API: the request without `name`, field names in camelCase. A message that was not sent is undefined. */
type Rpc<Request, Response> = (request: Request, options?: CustomCallOptions) => Promise<Response>;
type Empty = Readonly<Record<string, never>>;

export interface Joints {
  readonly values: readonly number[];
}

export interface Arm extends CustomResource {
  readonly getEndPosition: Rpc<object, { readonly pose: Pose }>;
  readonly moveToPosition: Rpc<{ readonly to?: Pose }, Empty>;
  readonly getJointPositions: Rpc<object, { readonly positions: Joints }>;
  readonly moveToJointPositions: Rpc<{ readonly positions?: Joints }, Empty>;
  readonly moveThroughJointPositions: Rpc<{ readonly positions: readonly Joints[] }, Empty>;
  readonly stop: Rpc<object, Empty>;
  readonly isMoving: Rpc<object, { readonly isMoving: boolean }>;
  readonly getKinematics: Rpc<object, { readonly format: string; readonly kinematicsData: Uint8Array }>;
}

export interface Picture {
  readonly sourceName: string;
  readonly image: Uint8Array;
  readonly mimeType: string;
}

export interface Camera extends CustomResource {
  readonly getImage: Rpc<object, { readonly mimeType: string; readonly image: Uint8Array }>;
  readonly getImages: Rpc<
    { readonly filterSourceNames: readonly string[] },
    {
      readonly images: readonly Picture[];
      readonly responseMetadata: { readonly capturedAt: Timestamp };
    }
  >;
  readonly getPointCloud: Rpc<object, { readonly mimeType: string; readonly pointCloud: Uint8Array }>;
  readonly getProperties: Rpc<object, CameraProperties>;
}

export interface CameraProperties {
  readonly supportsPcd: boolean;
  readonly intrinsicParameters: Readonly<Record<"widthPx" | "heightPx" | "focalXPx" | "focalYPx" | "centerXPx" | "centerYPx", number>>;
  readonly mimeTypes: readonly string[];
  readonly frameRate: number;
}

export interface Gantry extends CustomResource {
  readonly getPosition: Rpc<object, { readonly positionsMm: readonly number[] }>;
  readonly moveToPosition: Rpc<{ readonly positionsMm: readonly number[]; readonly speedsMmPerSec: readonly number[] }, Empty>;
  readonly home: Rpc<object, { readonly homed: boolean }>;
  readonly getLengths: Rpc<object, { readonly lengthsMm: readonly number[] }>;
  readonly stop: Rpc<object, Empty>;
  readonly isMoving: Rpc<object, { readonly isMoving: boolean }>;
}

export interface Gripper extends CustomResource {
  readonly open: Rpc<object, Empty>;
  readonly grab: Rpc<object, { readonly success: boolean }>;
  readonly stop: Rpc<object, Empty>;
  readonly isMoving: Rpc<object, { readonly isMoving: boolean }>;
  readonly isHoldingSomething: Rpc<object, { readonly isHoldingSomething: boolean }>;
}

export interface ControllerEvent {
  readonly time?: Timestamp;
  readonly event: string;
  readonly control: string;
  readonly value: number;
}

export interface WantedEvents {
  readonly control: string;
  readonly events: readonly string[];
}

export interface InputController extends CustomResource {
  readonly getControls: Rpc<object, { readonly controls: readonly string[] }>;
  readonly getEvents: Rpc<object, { readonly events: readonly ControllerEvent[] }>;
  readonly streamEvents: (
    request: { readonly events: readonly WantedEvents[] },
    options?: CustomCallOptions,
  ) => AsyncIterable<{ readonly event: ControllerEvent }>;
  readonly triggerEvent: Rpc<{ readonly event?: ControllerEvent }, Empty>;
}

export interface PoseTracker extends CustomResource {
  readonly getPoses: Rpc<
    { readonly bodyNames: readonly string[] },
    { readonly bodyPoses: Readonly<Record<string, { readonly referenceFrame: string; readonly pose: Pose }>> }
  >;
}

export interface Detection {
  readonly xMin: bigint;
  readonly yMin: bigint;
  readonly xMax: bigint;
  readonly yMax: bigint;
  readonly confidence: number;
  readonly className: string;
}

export interface Classification {
  readonly className: string;
  readonly confidence: number;
}

export interface Vision extends CustomResource {
  readonly getDetectionsFromCamera: Rpc<{ readonly cameraName: string }, { readonly detections: readonly Detection[] }>;
  readonly getDetections: Rpc<{ readonly width: bigint; readonly height: bigint }, { readonly detections: readonly Detection[] }>;
  readonly getClassificationsFromCamera: Rpc<
    { readonly cameraName: string; readonly n: number },
    { readonly classifications: readonly Classification[] }
  >;
  readonly getClassifications: Rpc<{ readonly n: number }, { readonly classifications: readonly Classification[] }>;
  readonly getProperties: Rpc<
    object,
    {
      readonly classificationsSupported: boolean;
      readonly detectionsSupported: boolean;
      readonly objectPointCloudsSupported: boolean;
      readonly defaultCamera?: string;
    }
  >;
  readonly captureAllFromCamera: Rpc<CaptureRequest, Capture>;
}

export interface CaptureRequest {
  readonly cameraName: string;
  readonly returnImage: boolean;
  readonly returnClassifications: boolean;
  readonly returnDetections: boolean;
}

export interface Capture {
  readonly image?: Picture;
  readonly detections?: readonly Detection[];
  readonly classifications?: readonly Classification[];
}

export const arm: ResourceApi<Arm> = component("arm", "ArmService", "arm/v1/arm.proto");
export const camera: ResourceApi<Camera> = component("camera", "CameraService", "camera/v1/camera.proto");
export const gantry: ResourceApi<Gantry> = component("gantry", "GantryService", "gantry/v1/gantry.proto");
export const gripper: ResourceApi<Gripper> = component("gripper", "GripperService", "gripper/v1/gripper.proto");
export const inputController: ResourceApi<InputController> = component(
  "input_controller",
  "InputControllerService",
  "inputcontroller/v1/input_controller.proto",
);
export const poseTracker: ResourceApi<PoseTracker> = component("pose_tracker", "PoseTrackerService", "posetracker/v1/pose_tracker.proto");
export const vision: ResourceApi<Vision> = read(
  "rdk:service:vision",
  "viam.service.vision.v1.VisionService",
  "viam/service/vision/v1/vision.proto",
);

function component<T extends CustomResource>(subtype: string, service: string, file: string): ResourceApi<T> {
  const folder = path.posix.dirname(file).replace("/", ".");
  return read(`rdk:component:${subtype}`, `viam.component.${folder}.${service}`, `viam/component/${file}`);
}

function read<T extends CustomResource>(api: string, service: string, file: string): ResourceApi<T> {
  const folder = protoFolder();
  return defineApi<T>({ api, service, proto: path.join(folder, file), includeFolders: [folder] });
}

/** Beside the packed module's code, else in the driver's folder of the tree, of which this runs under dist/. */
function protoFolder(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const candidates = [path.join(folder, "proto"), path.join(folder, "drivers/simulated/proto")];
    const found = candidates.find((candidate) => existsSync(path.join(candidate, "viam/component/arm")));
    if (found !== undefined) return found;
    if (folder === path.dirname(folder)) throw new Error(`no folder proto at or above ${import.meta.dirname}: the module is not complete`);
  }
}
