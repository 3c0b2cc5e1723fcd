/** One movement sensor made of several: of those named for a quantity, the first that works. */
import {
  type CallOptions,
  type Dependencies,
  type DependencyNames,
  failedPrecondition,
  type Handle,
  invalidArgument,
  type MovementAccuracy,
  type MovementProperties,
  type MovementSensor,
  movementSensor,
  type ResourceContext,
  type ResourceLogger,
  RpcError,
  Status,
} from "pinion/sdk";
import * as v from "valibot";

const KEYS = ["position", "orientation", "compass_heading", "linear_velocity", "angular_velocity", "linear_acceleration"] as const;
type Key = (typeof KEYS)[number];

export type MergedAttributes = Readonly<Record<Key, readonly string[]>>;

const list = v.nullish(v.array(v.pipe(v.string(), v.nonEmpty("expected the name of a movement sensor"))), []);

export const schema: v.GenericSchema<unknown, MergedAttributes> = v.object({
  position: list,
  orientation: list,
  compass_heading: list,
  linear_velocity: list,
  angular_velocity: list,
  linear_acceleration: list,
});

/** A sensor that others can stand in for is optional. */
export function validate(attributes: MergedAttributes): DependencyNames {
  const lists = KEYS.map((key) => attributes[key]).filter(({ length }) => length > 0);
  if (lists.length === 0)
    throw invalidArgument(`attributes: expected a list of movement sensors in ${KEYS.join(", ")}, or in some of them, got none`);
  const required = new Set(lists.filter(({ length }) => length === 1).flat());
  return { required: [...required], optional: [...new Set(lists.flat())].filter((name) => !required.has(name)) };
}

const SUPPORT = {
  position: "positionSupported",
  orientation: "orientationSupported",
  compass_heading: "compassHeadingSupported",
  linear_velocity: "linearVelocitySupported",
  angular_velocity: "angularVelocitySupported",
  linear_acceleration: "linearAccelerationSupported",
} as const satisfies Record<Key, keyof MovementProperties>;

/** Milliseconds for an answer about what a sensor measures. */
const TIMEOUT = 2000;

export async function create({ attributes, dependencies, logger }: ResourceContext<MergedAttributes>): Promise<MovementSensor> {
  const sources: Partial<Record<Key, Sources>> = {};
  for (const key of KEYS) {
    if (attributes[key].length > 0) sources[key] = new Sources(key, await sensorsFor(key, attributes[key], dependencies, logger), logger);
  }
  const { position, orientation, compass_heading: heading, linear_velocity: linear, angular_velocity: angular } = sources;
  const acceleration = sources.linear_acceleration;
  // What no list names is left out: the SDK says of it that it is not measured.
  return {
    ...(position && { getPosition: (options) => position.ask((one) => one.getPosition(options), options) }),
    ...(orientation && { getOrientation: (options) => orientation.ask((one) => one.getOrientation(options), options) }),
    ...(heading && { getCompassHeading: (options) => heading.ask((one) => one.getCompassHeading(options), options) }),
    ...(linear && { getLinearVelocity: (options) => linear.ask((one) => one.getLinearVelocity(options), options) }),
    ...(angular && { getAngularVelocity: (options) => angular.ask((one) => one.getAngularVelocity(options), options) }),
    ...(acceleration && { getLinearAcceleration: (options) => acceleration.ask((one) => one.getLinearAcceleration(options), options) }),
    getAccuracy: (options) => accuracyOf(sources, options),
  };
}

interface Named {
  readonly name: string;
  readonly sensor: Handle<MovementSensor>;
}

/** Those that measure it, in the order of the config. Throws when none does. */
async function sensorsFor(
  key: Key,
  wanted: readonly string[],
  dependencies: Dependencies,
  logger: ResourceLogger,
): Promise<readonly Named[]> {
  const found: Named[] = [];
  const missing: string[] = [];
  for (const name of wanted) {
    const sensor = dependencies.find(movementSensor, name);
    const reason = sensor === undefined ? "is not there" : await unfitFor(key, sensor);
    if (sensor !== undefined && reason === undefined) found.push({ name, sensor });
    else missing.push(`"${name}" ${reason}`);
  }
  if (found.length === 0) throw failedPrecondition(`attributes.${key}: expected a movement sensor that measures it; ${missing.join(", ")}`);
  if (missing.length > 0) logger.warn("not all movement sensors of a list can be used", { attribute: key, reasons: missing });
  return found;
}

async function unfitFor(key: Key, sensor: Handle<MovementSensor>): Promise<string | undefined> {
  try {
    return (await sensor.getProperties({ timeout: TIMEOUT }))[SUPPORT[key]] ? undefined : "does not measure it";
  } catch (error) {
    return `does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

class Sources {
  readonly #key: Key;
  readonly #sensors: readonly Named[];
  readonly #logger: ResourceLogger;
  #current: Named | undefined;

  constructor(key: Key, sensors: readonly Named[], logger: ResourceLogger) {
    this.#key = key;
    this.#sensors = sensors;
    this.#logger = logger;
    this.#current = sensors[0];
  }

  /** The sensor that answered last. */
  get current(): Named | undefined {
    return this.#current;
  }

  /** The answer of the first that has one; when none has, all their errors. */
  async ask<T>(question: (sensor: Handle<MovementSensor>) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    const errors: { readonly name: string; readonly error: unknown }[] = [];
    for (const source of this.#sensors) {
      try {
        const answer = await question(source.sensor);
        if (this.#current !== source) this.#logger.warn("another sensor is used now", { attribute: this.#key, sensor: source.name });
        this.#current = source;
        return answer;
      } catch (error) {
        options?.signal?.throwIfAborted();
        errors.push({ name: source.name, error });
      }
    }
    const [first] = errors;
    const text = errors.map(({ name, error }) => `"${name}": ${error instanceof Error ? error.message : String(error)}`).join("; ");
    throw new RpcError(first?.error instanceof RpcError ? first.error.code : Status.UNKNOWN, text, { cause: first?.error });
  }
}

/** Of the sensors in use: their own values under `<name>_<key>`, and what is about position and heading. */
async function accuracyOf(sources: Partial<Record<Key, Sources>>, options: CallOptions | undefined): Promise<MovementAccuracy> {
  const used = new Map(
    Object.values(sources).flatMap(({ current }) => (current === undefined ? [] : [[current.name, current.sensor] as const])),
  );
  const known = new Map<string, MovementAccuracy>();
  for (const [name, sensor] of used) known.set(name, await sensor.getAccuracy(options));
  const position = known.get(sources.position?.current?.name ?? "");
  return {
    accuracy: Object.fromEntries(
      [...known].flatMap(([name, { accuracy = {} }]) => Object.entries(accuracy).map(([key, value]) => [`${name}_${key}`, value])),
    ),
    positionHdop: position?.positionHdop,
    positionVdop: position?.positionVdop,
    positionNmeaGgaFix: position?.positionNmeaGgaFix,
    compassDegreesError: known.get(sources.compass_heading?.current?.name ?? "")?.compassDegreesError,
  };
}
