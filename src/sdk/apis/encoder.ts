/** The encoder API: ticks or degrees. */

import type { CallOptions, Resource } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** Something that counts turns. */
export interface Encoder extends Resource {
  /** In the unit asked for, or the encoder's own. UNIMPLEMENTED for a unit it does not have. */
  getPosition(unit?: EncoderUnit, options?: CallOptions): Promise<EncoderPosition>;
  /** Makes the present position zero. */
  resetPosition(options?: CallOptions): Promise<void>;
  getProperties(options?: CallOptions): Promise<EncoderProperties>;
}

/** What an encoder counts in. */
export type EncoderUnit = "ticks" | "degrees";

/** Where an encoder stands. */
export interface EncoderPosition {
  /** Travels as a 32-bit float: whole ticks are exact up to 16,777,216. */
  readonly value: number;
  readonly unit: EncoderUnit;
}

/** The units an encoder has. */
export interface EncoderProperties {
  readonly ticksSupported: boolean;
  readonly degreesSupported: boolean;
}

/** `rdk:component:encoder` */
export const encoder: ResourceApi<Encoder> = createApi(
  "rdk:component:encoder",
  "viam.component.encoder.v1.EncoderService",
  async () => (await import("../adapters/encoder-adapter.js")).encoderAdapter,
);
