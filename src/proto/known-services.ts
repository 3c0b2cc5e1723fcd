/**
 * The standard resource APIs as data: which gRPC service serves which API, and what is special about its methods.
 * Loads nothing; the maps are made at the first question.
 */

export type MethodKind = "unary" | "server-stream" | "client-stream" | "bidi-stream";

export interface KnownMethod {
  /** As on the wire, for example `GetReadings`. */
  readonly name: string;
  readonly kind: MethodKind;
  /** A session that called it last has the resource stopped when the session ends. */
  readonly isSafetyMonitored: boolean;
  /**
   * Where the resource's name stands in the first request: field 1, or field 1 of the message in field 1.
   * The bytes alone cannot tell the two apart.
   */
  readonly nameAt: "field-1" | "field-1.1";
}

export interface KnownService {
  /** `namespace:type:subtype` */
  readonly api: string;
  /** `viam.component.motor.v1.MotorService` */
  readonly service: string;
  /** By wire name. */
  readonly methods: ReadonlyMap<string, KnownMethod>;
  /** It has a Stop method: an actuator. */
  readonly hasStop: boolean;
}

/** All standard services in the order of the table. */
export function knownServices(): readonly KnownService[] {
  return index().all;
}

/** The standard service of an API triplet. */
export function knownServiceOfApi(api: string): KnownService | undefined {
  return index().byApi.get(api);
}

/** The standard service with this full gRPC name. */
export function knownServiceNamed(service: string): KnownService | undefined {
  return index().byService.get(service);
}

/** The method of a path such as `/viam.component.motor.v1.MotorService/Stop`. */
export function knownMethodOfPath(path: string): KnownMethod | undefined {
  const slash = path.indexOf("/", 1);
  if (slash < 0) return undefined;
  return knownServiceNamed(path.slice(1, slash))?.methods.get(path.slice(slash + 1));
}

interface Index {
  readonly all: readonly KnownService[];
  readonly byApi: ReadonlyMap<string, KnownService>;
  readonly byService: ReadonlyMap<string, KnownService>;
}

let cached: Index | undefined;

function index(): Index {
  if (cached !== undefined) return cached;
  const all = TABLE.map(([api, service, methods]) => knownService(api, service, methods));
  cached = {
    all,
    byApi: new Map(all.map((entry) => [entry.api, entry])),
    byService: new Map(all.map((entry) => [entry.service, entry])),
  };
  return cached;
}

const KINDS: Readonly<Record<string, MethodKind>> = { s: "server-stream", c: "client-stream", b: "bidi-stream" };

function knownService(api: string, service: string, methods: string): KnownService {
  const byName = new Map<string, KnownMethod>();
  for (const word of methods.split(" ")) {
    const [marked = "", kind = ""] = word.split("~");
    const isSafetyMonitored = marked.endsWith("!");
    const name = isSafetyMonitored ? marked.slice(0, -1) : marked;
    byName.set(name, {
      name,
      kind: KINDS[kind] ?? "unary",
      isSafetyMonitored,
      nameAt: NESTED_NAMES.has(`${service}/${name}`) ? "field-1.1" : "field-1",
    });
  }
  return { api, service, methods: byName, hasStop: byName.has("Stop") };
}

const NESTED_NAMES: ReadonlySet<string> = new Set([
  "viam.component.audioout.v1.AudioOutService/PlayStream",
  "viam.service.shell.v1.ShellService/CopyFilesToMachine",
  "viam.service.shell.v1.ShellService/CopyFilesFromMachine",
]);

/** API, service, methods. `!` marks a safety-monitored method; `~s`, `~c`, `~b` a server, client or bidi stream. */
// biome-ignore format: one row a service
const TABLE: readonly (readonly [string, string, string])[] = [
  ["rdk:component:arm", "viam.component.arm.v1.ArmService", "GetEndPosition MoveToPosition! GetJointPositions MoveToJointPositions! MoveThroughJointPositions! MoveThroughJointPositionsStreamed!~b Stop IsMoving GetKinematics GetGeometries Get3DModels DoCommand GetStatus"],
  ["rdk:component:audio_in", "viam.component.audioin.v1.AudioInService", "GetAudio~s GetProperties GetGeometries DoCommand GetStatus"],
  ["rdk:component:audio_out", "viam.component.audioout.v1.AudioOutService", "Play PlayStream~c GetProperties GetGeometries DoCommand GetStatus"],
  ["rdk:component:base", "viam.component.base.v1.BaseService", "MoveStraight! Spin! SetPower! SetVelocity! Stop IsMoving GetProperties GetGeometries DoCommand GetStatus"],
  ["rdk:component:board", "viam.component.board.v1.BoardService", "SetGPIO GetGPIO PWM SetPWM PWMFrequency SetPWMFrequency ReadAnalogReader WriteAnalog GetDigitalInterruptValue StreamTicks~s SetPowerMode GetGeometries DoCommand GetStatus"],
  ["rdk:component:button", "viam.component.button.v1.ButtonService", "Push! DoCommand GetStatus"],
  ["rdk:component:camera", "viam.component.camera.v1.CameraService", "GetImages GetPointCloud GetProperties GetGeometries DoCommand GetStatus"],
  ["rdk:component:encoder", "viam.component.encoder.v1.EncoderService", "GetPosition ResetPosition GetProperties GetGeometries DoCommand GetStatus"],
  ["rdk:component:gantry", "viam.component.gantry.v1.GantryService", "GetPosition MoveToPosition! Home GetLengths Stop IsMoving GetKinematics GetGeometries DoCommand GetStatus"],
  ["rdk:component:generic", "viam.component.generic.v1.GenericService", "GetGeometries DoCommand GetStatus"],
  ["rdk:component:gripper", "viam.component.gripper.v1.GripperService", "Open! Grab! Stop IsMoving IsHoldingSomething GetCurrentInputs GoToInputs! GetKinematics GetGeometries DoCommand GetStatus"],
  ["rdk:component:input_controller", "viam.component.inputcontroller.v1.InputControllerService", "GetControls GetEvents StreamEvents~s TriggerEvent GetGeometries DoCommand GetStatus"],
  ["rdk:component:motor", "viam.component.motor.v1.MotorService", "SetPower! GoFor! GoTo! SetRPM! ResetZeroPosition GetPosition GetProperties Stop IsPowered IsMoving GetGeometries DoCommand GetStatus"],
  ["rdk:component:movement_sensor", "viam.component.movementsensor.v1.MovementSensorService", "GetLinearVelocity GetAngularVelocity GetCompassHeading GetOrientation GetPosition GetProperties GetAccuracy GetLinearAcceleration GetReadings GetGeometries DoCommand GetStatus"],
  ["rdk:component:pose_tracker", "viam.component.posetracker.v1.PoseTrackerService", "GetPoses GetGeometries DoCommand GetStatus"],
  ["rdk:component:power_sensor", "viam.component.powersensor.v1.PowerSensorService", "GetVoltage GetCurrent GetPower GetReadings DoCommand GetStatus"],
  ["rdk:component:sensor", "viam.component.sensor.v1.SensorService", "GetReadings GetGeometries DoCommand GetStatus"],
  ["rdk:component:servo", "viam.component.servo.v1.ServoService", "Move! GetPosition Stop IsMoving GetGeometries DoCommand GetStatus"],
  ["rdk:component:switch", "viam.component.switch.v1.SwitchService", "SetPosition! GetPosition GetNumberOfPositions DoCommand GetStatus"],
  ["rdk:service:data_manager", "viam.service.datamanager.v1.DataManagerService", "Sync UploadBinaryDataToDatasets DoCommand GetStatus"],
  ["rdk:service:discovery", "viam.service.discovery.v1.DiscoveryService", "DiscoverResources DoCommand GetStatus"],
  ["rdk:service:generic", "viam.service.generic.v1.GenericService", "DoCommand GetStatus"],
  ["rdk:service:mlmodel", "viam.service.mlmodel.v1.MLModelService", "Infer Metadata GetStatus"],
  ["rdk:service:motion", "viam.service.motion.v1.MotionService", "Move MoveOnMap MoveOnGlobe GetPose StopPlan ListPlanStatuses GetPlan DoCommand GetStatus"],
  ["rdk:service:navigation", "viam.service.navigation.v1.NavigationService", "GetMode SetMode GetLocation GetWaypoints AddWaypoint RemoveWaypoint GetObstacles GetPaths GetProperties DoCommand GetStatus"],
  ["rdk:service:shell", "viam.service.shell.v1.ShellService", "Shell~b CopyFilesToMachine~b CopyFilesFromMachine~b DoCommand GetStatus"],
  ["rdk:service:slam", "viam.service.slam.v1.SLAMService", "GetPosition GetPointCloudMap~s GetInternalState~s GetProperties DoCommand GetStatus"],
  ["rdk:service:video", "viam.service.video.v1.VideoService", "GetVideo~s DoCommand GetStatus"],
  ["rdk:service:vision", "viam.service.vision.v1.VisionService", "GetDetectionsFromCamera GetDetections GetClassificationsFromCamera GetClassifications GetObjectPointClouds GetProperties CaptureAllFromCamera DoCommand GetStatus"],
  ["rdk:service:world_state_store", "viam.service.worldstatestore.v1.WorldStateStoreService", "ListUUIDs GetTransform StreamTransformChanges~s DoCommand GetStatus"],
];
