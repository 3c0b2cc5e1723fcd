/** The methods of RobotService that answer from the frame system of the config. */
import type { Transform } from "../../proto/gen/viam/common/v1/common.js";
import type {
  FrameSystemConfigRequest,
  FrameSystemConfigResponse,
  GetPoseRequest,
  GetPoseResponse,
  TransformPCDRequest,
  TransformPCDResponse,
  TransformPoseRequest,
  TransformPoseResponse,
} from "../../proto/gen/viam/robot/v1/robot.js";
import { type ResourceName, simpleNameOf } from "../../resource/resource-name.js";
import { type FramedResource, toConfiguredFrame } from "../frame/configured-frame.js";
import { type Frame, FrameError, FrameSystem, WORLD } from "../frame/frame-system.js";
import { fromPose, NOWHERE, toPose } from "../frame/placement.js";
import { movePointCloud } from "../frame/point-cloud.js";

export function frameSystemConfig(resources: readonly FramedResource[], request: FrameSystemConfigRequest): FrameSystemConfigResponse {
  const frames = frameSystem(resources, request.supplementalTransforms).connected();
  return {
    frameSystemConfigs: frames.map((frame) => ({
      frame: {
        referenceFrame: frame.name,
        poseInObserverFrame: { referenceFrame: frame.parent, pose: toPose(frame.placement) },
        uuid: new Uint8Array(0),
        ...(frame.geometry === undefined ? {} : { physicalObject: frame.geometry }),
      },
      kinematics: {},
    })),
  };
}

export function getPose(resources: readonly FramedResource[], request: GetPoseRequest): GetPoseResponse {
  const to = request.destinationFrame === "" ? WORLD : request.destinationFrame;
  const system = frameSystem(resources, request.supplementalTransforms);
  return { pose: { referenceFrame: to, pose: toPose(system.transform(NOWHERE, request.componentName, to)) } };
}

export function transformPose(resources: readonly FramedResource[], request: TransformPoseRequest): TransformPoseResponse {
  const { source } = request;
  if (source === undefined) throw new FrameError("source: expected a pose in a frame, got none");
  const to = request.destination === "" ? WORLD : request.destination;
  const system = frameSystem(resources, request.supplementalTransforms);
  const from = source.referenceFrame === "" ? WORLD : source.referenceFrame;
  return { pose: { referenceFrame: to, pose: toPose(system.transform(fromPose(source.pose), from, to)) } };
}

export function transformPcd(resources: readonly FramedResource[], request: TransformPCDRequest): TransformPCDResponse {
  const to = request.destination === "" ? WORLD : request.destination;
  const placement = frameSystem(resources, []).transform(NOWHERE, request.source === "" ? WORLD : request.source, to);
  return { pointCloudPcd: movePointCloud(request.pointCloudPcd, placement) };
}

function frameSystem(resources: readonly FramedResource[], supplemental: readonly Transform[]): FrameSystem {
  const configured = resources.flatMap(({ name, frame }): Frame[] => {
    // The config room checked the name; a full name is what the type says.
    const found = frame === undefined ? undefined : toConfiguredFrame(simpleNameOf(name as ResourceName), frame);
    return found === undefined ? [] : [found];
  });
  return new FrameSystem([...configured, ...supplemental.map(toSupplementalFrame)]);
}

function toSupplementalFrame(transform: Transform, index: number): Frame {
  const observer = transform.poseInObserverFrame;
  if (transform.referenceFrame === "" || observer === undefined || observer.referenceFrame === "") {
    throw new FrameError(
      `supplemental_transforms[${index}]: expected reference_frame and pose_in_observer_frame with its own reference_frame`,
    );
  }
  return {
    name: transform.referenceFrame,
    parent: observer.referenceFrame,
    placement: fromPose(observer.pose),
    ...(transform.physicalObject === undefined ? {} : { geometry: transform.physicalObject }),
  };
}
