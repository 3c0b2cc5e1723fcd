/** Moves the points of a PCD file: the x, y and z of each point change, everything else stays as it is. */
import { apply, type Placement } from "./placement.js";
import type { Vector } from "./rotation.js";

/** What is wrong with the bytes. */
export class PointCloudError extends Error {
  override readonly name: string = "PointCloudError";
}

interface Field {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly count: number;
  /** In bytes from the start of a point. */
  readonly offset: number;
  /** In values from the start of a line. */
  readonly column: number;
}

interface Header {
  readonly fields: readonly Field[];
  readonly points: number;
  readonly encoding: string;
  readonly end: number;
}

const MAX_HEADER_BYTES = 4096;
/** PCD counts in metres, poses in millimetres. */
const METRE = 1000;

export function movePointCloud(pcd: Uint8Array, placement: Placement): Uint8Array {
  const bytes = Buffer.from(pcd); // a copy: it is changed in place
  const header = parseHeader(bytes);
  const axes = ["x", "y", "z"].map((name) => fieldNamed(header, name));
  const scaled: Placement = {
    at: { x: placement.at.x / METRE, y: placement.at.y / METRE, z: placement.at.z / METRE },
    turn: placement.turn,
  };
  if (header.encoding === "ascii") return moveAscii(bytes, header, axes, scaled);
  if (header.encoding === "binary") return moveBinary(bytes, header, axes, scaled);
  throw new PointCloudError(`point cloud: expected DATA ascii or binary, got "${header.encoding}"`);
}

function parseHeader(bytes: Buffer): Header {
  const entries = new Map<string, string[]>();
  let position = 0;
  while (position < Math.min(bytes.length, MAX_HEADER_BYTES)) {
    const newline = bytes.indexOf(0x0a, position);
    if (newline < 0) break;
    const line = bytes.toString("latin1", position, newline).trim();
    position = newline + 1;
    if (line === "" || line.startsWith("#")) continue;
    const [key = "", ...values] = line.split(/\s+/);
    entries.set(key.toUpperCase(), values);
    if (key.toUpperCase() === "DATA") {
      const points = Number(entries.get("POINTS")?.[0] ?? Number(entries.get("WIDTH")?.[0]) * Number(entries.get("HEIGHT")?.[0] ?? 1));
      if (!Number.isSafeInteger(points) || points < 0)
        throw new PointCloudError("point cloud: expected a number of points in POINTS, or WIDTH and HEIGHT");
      return { fields: toFields(entries), points, encoding: values[0]?.toLowerCase() ?? "", end: position };
    }
  }
  throw new PointCloudError("point cloud: expected a PCD header that ends with a line DATA, found none");
}

function toFields(entries: ReadonlyMap<string, readonly string[]>): readonly Field[] {
  let offset = 0;
  let column = 0;
  return (entries.get("FIELDS") ?? []).map((name, index) => {
    const size = Number(entries.get("SIZE")?.[index] ?? 4);
    const count = Number(entries.get("COUNT")?.[index] ?? 1);
    const field: Field = { name, size, type: entries.get("TYPE")?.[index] ?? "F", count, offset, column };
    offset += size * count;
    column += count;
    return field;
  });
}

function fieldNamed({ fields }: Header, name: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined)
    throw new PointCloudError(
      `point cloud: expected fields x, y and z, got ${fields.map((candidate) => candidate.name).join(" ") || "none"}`,
    );
  if (field.type !== "F" || (field.size !== 4 && field.size !== 8)) {
    throw new PointCloudError(`point cloud: expected field ${name} to be F 4 or F 8, got ${field.type} ${field.size}`);
  }
  return field;
}

function moveBinary(bytes: Buffer, header: Header, axes: readonly Field[], placement: Placement): Uint8Array {
  const stride = header.fields.reduce((sum, { size, count }) => sum + size * count, 0);
  const needed = header.end + stride * header.points;
  if (bytes.length < needed)
    throw new PointCloudError(`point cloud: expected ${needed} bytes for ${header.points} points, got ${bytes.length}`);
  for (let start = header.end; start < needed; start += stride) {
    const [x = 0, y = 0, z = 0] = axes.map(({ size, offset }) =>
      size === 4 ? bytes.readFloatLE(start + offset) : bytes.readDoubleLE(start + offset),
    );
    const values = valuesOf(apply(placement, { x, y, z }));
    for (const [index, { size, offset }] of axes.entries()) {
      const value = values[index] ?? 0;
      if (size === 4) bytes.writeFloatLE(value, start + offset);
      else bytes.writeDoubleLE(value, start + offset);
    }
  }
  return bytes;
}

function moveAscii(bytes: Buffer, header: Header, axes: readonly Field[], placement: Placement): Uint8Array {
  const lines = bytes.toString("latin1", header.end).split("\n");
  const moved = lines.map((line) => {
    if (line.trim() === "") return line;
    const columns = line.trim().split(/\s+/);
    const [x = 0, y = 0, z = 0] = axes.map(({ column }) => Number(columns[column]));
    const values = valuesOf(apply(placement, { x, y, z }));
    for (const [index, { column }] of axes.entries()) columns[column] = String(Math.fround(values[index] ?? 0));
    return columns.join(" ");
  });
  return Buffer.concat([bytes.subarray(0, header.end), Buffer.from(moved.join("\n"), "latin1")]);
}

function valuesOf({ x, y, z }: Vector): readonly number[] {
  return [x, y, z];
}
