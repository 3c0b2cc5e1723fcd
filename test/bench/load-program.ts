/**
 * The load in Node: `load-program.js ADDRESS calls SENSOR CALLS SECONDS IN-FLIGHT` or `… ADDRESS stream GAUGE MESSAGES SECONDS IN-FLIGHT`, as the Go
 * program of the interop suite does it.
 */
import { Client, credentials } from "@grpc/grpc-js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";

const [address = "", kind = "", name = "", ...numbers] = process.argv.slice(2);
const [count = 0, seconds = 0, inFlight = 1] = numbers.map(Number);
const result = kind === "stream" ? await streams() : await calls();
process.stdout.write(`${JSON.stringify(result)}\n`);

async function calls(): Promise<Readonly<Record<string, number>>> {
  const channel = openChannel(address);
  const client = createClient(SensorServiceDefinition, channel);
  const call = async (): Promise<number> => {
    const start = performance.now();
    await client.getReadings({ name }, { timeout: 10_000 });
    return (performance.now() - start) * 1000;
  };
  const warmUp = Math.floor(count / 10) + 1;
  for (let index = 0; index < warmUp; index += 1) await call();
  const micros: number[] = [];
  for (let index = 0; index < count; index += 1) micros.push(await call());
  const busy: number[] = [];
  const perSecond = await together(async () => {
    busy.push(await call());
    return 1;
  });
  channel.close();
  return {
    p50: percentile(micros, 0.5),
    p99: percentile(micros, 0.99),
    busyP50: percentile(busy, 0.5),
    busyP99: percentile(busy, 0.99),
    perSecond,
    calls: warmUp + count + busy.length,
  };
}

/** Messages are counted, not decoded. */
async function streams(): Promise<Readonly<Record<string, number>>> {
  const channel = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  // The name in field 1, the count in field 2.
  const request = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name), Buffer.from([0x10, ...varint(count)])]);
  let all = 0;
  const watch = (): Promise<number> =>
    new Promise((resolve, reject) => {
      let seen = 0;
      const stream = channel.makeServerStreamRequest("/acme.gauge.v1.GaugeService/Watch", asIs, asIs, request);
      stream.on("data", () => {
        seen += 1;
      });
      stream.on("error", reject);
      stream.on("end", () => {
        all += seen;
        if (seen === count) resolve(seen);
        else reject(new Error(`${seen} of ${count} messages`));
      });
    });
  await watch();
  all = 0;
  const perSecond = await together(watch);
  channel.close();
  return { perSecond, calls: all };
}

/** What `work` returns, summed up, in a second. */
async function together(work: () => Promise<number>): Promise<number> {
  let done = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - start < seconds * 1000) done += await work();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (done * 1000) / (performance.now() - start);
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

function percentile(micros: readonly number[], share: number): number {
  return micros.toSorted((a, b) => a - b)[Math.floor(micros.length * share)] ?? 0;
}
