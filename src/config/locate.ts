/** From the JSON path of a problem to its place in the text, and back. */
import { JsonCursor, type Position, positionOf } from "./json-cursor.js";
import { joinPath, type PathSegment, parsePath } from "./json-path.js";

/**
 * Where the entry at `path` stands in `text`: its key, or the item itself in a list. A path that leads nowhere (a missing key) gives the
 * nearest thing around it; undefined when the text is no JSON or the path is none.
 */
export function locateProblem(text: string, path: string): Position | undefined {
  const segments = parsePath(path);
  if (segments === undefined) return undefined;
  try {
    const cursor = new JsonCursor(text, { hasVariables: true });
    cursor.peek();
    return positionOf(text, find(cursor, segments, cursor.offset));
  } catch {
    return undefined; // no JSON: whoever parses it says so with its own place
  }
}

/** The path of the innermost entry whose text covers `offset`; empty when there is none. */
export function pathAt(text: string, offset: number): string {
  let found = "";
  const walk = (cursor: JsonCursor, path: string): void => {
    const next = cursor.peek();
    const visit = (start: number, step: PathSegment): void => {
      const inner = joinPath(path, step);
      walk(cursor, inner);
      // Inner entries are visited first and are longer.
      if (start <= offset && offset < cursor.offset && inner.length > found.length) found = inner;
    };
    if (next === "{") cursor.eachMember((key, keyOffset) => visit(keyOffset, key));
    else if (next === "[") cursor.eachItem((index) => visit(cursor.offset, index));
    else cursor.skipValue();
  };
  try {
    walk(new JsonCursor(text, { hasVariables: true }), "");
  } catch {
    return found; // no JSON behind that place
  }
  return found;
}

function find(cursor: JsonCursor, segments: readonly PathSegment[], nearest: number): number {
  const [segment, ...rest] = segments;
  if (segment === undefined) return nearest;
  const next = cursor.peek();
  let best = nearest;
  let isExact = false;
  if (next === "{" && typeof segment === "string") {
    cursor.eachMember((key, keyOffset) => {
      const matches = key === segment || (!isExact && key.toLowerCase() === segment.toLowerCase());
      if (!matches) {
        cursor.skipValue();
        return;
      }
      isExact = key === segment;
      best = descend(cursor, rest, keyOffset);
    });
  } else if (next === "[" && typeof segment === "number") {
    cursor.eachItem((index) => {
      if (index === segment) best = descend(cursor, rest, cursor.offset);
      else cursor.skipValue();
    });
  } else {
    cursor.skipValue();
  }
  return best;
}

/** Looks for the rest of the path inside the value at the cursor and leaves the cursor behind that value. */
function descend(cursor: JsonCursor, rest: readonly PathSegment[], nearest: number): number {
  if (rest.length > 0) return find(cursor, rest, nearest);
  cursor.skipValue();
  return nearest;
}
