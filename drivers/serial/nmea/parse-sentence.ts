/** NMEA 0183 sentences as typed values. An empty or senseless field is undefined: not known, never 0. */

export interface Coordinates {
  /** Degrees, north and east positive. */
  readonly latitude: number;
  readonly longitude: number;
}

export type Sentence =
  | {
      readonly kind: "GGA";
      readonly coordinates: Coordinates | undefined;
      /** 0 none, 1 GPS, 2 differential, 3 PPS, 4 RTK fixed, 5 RTK float, 6 estimated, 7 manual, 8 simulated. */
      readonly quality: number | undefined;
      readonly satellites: number | undefined;
      readonly hdop: number | undefined;
      /** Metres above the mean sea level. */
      readonly altitude: number | undefined;
    }
  | {
      readonly kind: "RMC";
      readonly isValid: boolean;
      readonly coordinates: Coordinates | undefined;
      readonly speed: number | undefined;
      readonly course: number | undefined;
      /** The quality that the mode letter stands for; undefined without one. */
      readonly quality: number | undefined;
    }
  | { readonly kind: "GLL"; readonly isValid: boolean; readonly coordinates: Coordinates | undefined }
  /** Metres per second, degrees clockwise from true north. */
  | { readonly kind: "VTG"; readonly isValid: boolean; readonly speed: number | undefined; readonly course: number | undefined }
  | { readonly kind: "GSA"; readonly hdop: number | undefined; readonly vdop: number | undefined; readonly pdop: number | undefined }
  | { readonly kind: "GSV"; readonly talker: string; readonly satellitesInView: number | undefined }
  /** Where the bow points, degrees clockwise from true north. */
  | { readonly kind: "HDT"; readonly heading: number | undefined }
  /** Of no use here: other sentences, and those of manufacturers (`P…`). */
  | { readonly kind: "other"; readonly name: string };

/** Metres per second. */
const KNOT = 1852 / 3600;
const KILOMETRE_PER_HOUR = 1 / 3.6;
/** Mode letters of NMEA 2.3 and later, as qualities of GGA. */
const MODES: Readonly<Record<string, number>> = { N: 0, A: 1, D: 2, P: 3, R: 4, F: 5, E: 6, M: 7, S: 8 };

/** `text` as SentenceReader gives it: without `$` and checksum. */
export function parseSentence(text: string): Sentence {
  const [name = "", ...fields] = text.split(",");
  const at = (index: number): string => fields[index] ?? "";
  if (name.startsWith("P") || name.length !== 5) return { kind: "other", name };
  switch (name.slice(2)) {
    case "GGA":
      return {
        kind: "GGA",
        coordinates: coordinates(at(1), at(2), at(3), at(4)),
        quality: count(at(5)),
        satellites: count(at(6)),
        hdop: number(at(7)),
        altitude: at(9) === "M" ? number(at(8)) : undefined,
      };
    case "RMC":
      return {
        kind: "RMC",
        isValid: at(1) === "A" && at(11) !== "N",
        coordinates: coordinates(at(2), at(3), at(4), at(5)),
        speed: scaled(at(6), KNOT),
        course: bearing(at(7)),
        quality: MODES[at(11)],
      };
    case "GLL":
      return { kind: "GLL", isValid: at(5) === "A" && at(6) !== "N", coordinates: coordinates(at(0), at(1), at(2), at(3)) };
    case "VTG":
      return {
        kind: "VTG",
        isValid: at(8) !== "N",
        course: at(1) === "T" ? bearing(at(0)) : undefined,
        speed: (at(5) === "N" ? scaled(at(4), KNOT) : undefined) ?? (at(7) === "K" ? scaled(at(6), KILOMETRE_PER_HOUR) : undefined),
      };
    case "GSA":
      return { kind: "GSA", pdop: number(at(14)), hdop: number(at(15)), vdop: number(at(16)) };
    case "GSV":
      return { kind: "GSV", talker: name.slice(0, 2), satellitesInView: count(at(2)) };
    case "HDT":
      return { kind: "HDT", heading: at(1) === "T" ? bearing(at(0)) : undefined };
    default:
      return { kind: "other", name };
  }
}

/** ddmm.mmmm and dddmm.mmmm. */
function coordinates(latitude: string, northSouth: string, longitude: string, eastWest: string): Coordinates | undefined {
  const north = angle(latitude, 2, 90);
  const east = angle(longitude, 3, 180);
  if (north === undefined || east === undefined) return undefined;
  if ((northSouth !== "N" && northSouth !== "S") || (eastWest !== "E" && eastWest !== "W")) return undefined;
  // Receivers without a fix that fill the fields with zeros.
  if (north === 0 && east === 0) return undefined;
  return { latitude: northSouth === "S" ? -north : north, longitude: eastWest === "W" ? -east : east };
}

function angle(field: string, degreeDigits: number, most: number): number | undefined {
  if (!/^\d+(\.\d*)?$/.test(field)) return undefined;
  const point = field.indexOf(".");
  const whole = point === -1 ? field.length : point;
  if (whole !== degreeDigits + 2) return undefined;
  const minutes = Number(field.slice(degreeDigits));
  const value = Number(field.slice(0, degreeDigits)) + minutes / 60;
  return minutes < 60 && value <= most ? value : undefined;
}

function number(field: string): number | undefined {
  return /^-?\d+(\.\d*)?$|^-?\.\d+$/.test(field) ? Number(field) : undefined;
}

function count(field: string): number | undefined {
  return /^\d+$/.test(field) ? Number(field) : undefined;
}

function scaled(field: string, factor: number): number | undefined {
  const value = number(field);
  return value === undefined || value < 0 ? undefined : value * factor;
}

function bearing(field: string): number | undefined {
  const value = number(field);
  return value === undefined || value < 0 || value > 360 ? undefined : value % 360;
}
