/** The machine of the suite: a thermo, a winch and a dial of each language, and each winch depending on its neighbour. */
import type { JsonObject } from "../../../src/base/json.js";
import { type InstalledModule, LANGUAGES, type Language, nextLanguage, OFFSETS } from "./languages.js";

export const THERMO_API = "rdk:component:sensor";
export const WINCH_API = "rdk:component:motor";
export const DIAL_API = "acme:component:gauge";

/** A sensor that no machine has at first: the winches ask for it as an optional dependency. */
export const SPARE = "spare";

export interface MachineOptions {
  readonly modules: readonly InstalledModule[];
  /** Replaces the offsets that are named. */
  readonly offsets?: Partial<Readonly<Record<Language, unknown>>>;
  /** More components. */
  readonly more?: readonly JsonObject[];
  /** Arm, camera and vision service of the Python module. */
  readonly hasVision?: boolean;
}

export function thermo(name: string, language: Language, offset: unknown): JsonObject {
  return { name, api: THERMO_API, model: `acme:${language}:thermo`, attributes: { offset } } as JsonObject;
}

export function machineConfig(options: MachineOptions): JsonObject {
  const { modules, offsets = {}, more = [], hasVision = false } = options;
  const languages = modules.map((module) => module.language);
  const perLanguage = languages.flatMap((language): JsonObject[] => {
    const offset = offsets[language] ?? OFFSETS[language];
    const sensor = `${nextLanguage(language, languages)}-thermo`;
    return [
      { name: `${language}-winch`, api: WINCH_API, model: `acme:${language}:winch`, attributes: { sensor, spare: SPARE } },
      thermo(`${language}-thermo`, language, offset),
      { name: `${language}-dial`, api: DIAL_API, model: `acme:${language}:dial`, attributes: { offset: OFFSETS[language] } },
    ];
  });
  const vision: JsonObject[] = [
    { name: "elbow", api: "rdk:component:arm", model: "acme:python:elbow" },
    { name: "eye", api: "rdk:component:camera", model: "acme:python:eye" },
  ];
  return {
    modules: modules.map((module) => module.config),
    components: [...perLanguage, ...(hasVision ? vision : []), ...more],
    services: hasVision ? [{ name: "watcher", api: "rdk:service:vision", model: "acme:python:watcher" }] : [],
  };
}

/** Simple names of all that `machineConfig` without extras has. */
export function resourceNames(languages: readonly Language[] = LANGUAGES): string[] {
  return languages.flatMap((language) => ["thermo", "winch", "dial"].map((kind) => `${language}-${kind}`));
}
