/** The gauge API for `pinion/sdk`, from the .proto file that all languages of the suite share. */
import { pathToFileURL } from "node:url";
import { type CustomCallOptions, type CustomResource, defineApi, type ResourceApi } from "pinion/sdk";
import { interopSource } from "../support/cache.js";

export interface Gauge extends CustomResource {
  measure(request: { unit: string }, options?: CustomCallOptions): Promise<{ value: number; unit: string }>;
  watch(request: { count: number }, options?: CustomCallOptions): AsyncIterable<{ index: number; value: number }>;
  record(requests: AsyncIterable<{ value: number }>, options?: CustomCallOptions): Promise<{ count: number; sum: number }>;
  calibrate(requests: AsyncIterable<{ target: number }>, options?: CustomCallOptions): AsyncIterable<{ target: number; error: number }>;
}

export const gauge: ResourceApi<Gauge> = defineApi<Gauge>({
  api: "acme:component:gauge",
  proto: pathToFileURL(interopSource("proto", "acme", "gauge", "v1", "gauge.proto")),
  service: "acme.gauge.v1.GaugeService",
});
