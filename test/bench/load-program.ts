/** The load in Node: `load-program.js ADDRESS SENSOR CALLS SECONDS IN-FLIGHT`, as the Go program of the interop suite does it. */
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";

const [address = "", name = "", ...numbers] = process.argv.slice(2);
const [calls = 0, seconds = 0, inFlight = 1] = numbers.map(Number);
const channel = openChannel(address);
const client = createClient(SensorServiceDefinition, channel);
const call = () => client.getReadings({ name }, { timeout: 10_000 });

const warmUp = Math.floor(calls / 10) + 1;
for (let index = 0; index < warmUp; index += 1) await call();
const micros: number[] = [];
for (let index = 0; index < calls; index += 1) {
  const start = performance.now();
  await call();
  micros.push((performance.now() - start) * 1000);
}
micros.sort((a, b) => a - b);

let done = 0;
const start = performance.now();
const worker = async (): Promise<void> => {
  for (; performance.now() - start < seconds * 1000; done += 1) await call();
};
await Promise.all(Array.from({ length: inFlight }, worker));
const result = {
  p50: micros[calls >> 1],
  p99: micros[Math.floor(calls * 0.99)],
  perSecond: (done * 1000) / (performance.now() - start),
  calls: warmUp + calls + done,
};
channel.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
