/**
 * The server with the first router backend, in front of one module that somebody else runs: `router-program.js FOLDER MODULE-SOCKET NAME...`. Prints
 * its port; ends with its standard input. Names that begin with `s` are sensors, others gauges.
 */
import { systemClock } from "../../src/base/clock.js";
import { silentLogger } from "../../src/base/logger.js";
import { millis } from "../../src/base/millis.js";
import type { Route } from "../../src/machine/machine-status.js";
import { createServer } from "../../src/server/server.js";
import { FakeMachine } from "../server/support/fake-machine.js";
import { openPassThrough } from "../server/support/open-pass-through.js";

/** Routes are the same objects for as long as they hold, as in the real machine. */
class OneModule extends FakeMachine {
  readonly #routes = new Map<string, Route>();

  override route(service: string, name: string): Route {
    const key = `${service} ${name}`;
    const route = this.#routes.get(key) ?? super.route(service, name);
    this.#routes.set(key, route);
    return route;
  }
}

const SENSOR = "rdk:component:sensor";
const GAUGE = "acme:component:gauge";
const [socketFolder = "", module = "", ...names] = process.argv.slice(2);
const view = new OneModule();
view.addModule("m0", module, { [SENSOR]: "viam.component.sensor.v1.SensorService", [GAUGE]: "acme.gauge.v1.GaugeService" });
for (const name of names) view.addResource(name.startsWith("s") ? SENSOR : GAUGE, name, "m0");
const server = createServer({
  clock: systemClock,
  logger: silentLogger,
  view,
  version: "0.0.0",
  socketFolder,
  ports: {
    log: () => undefined,
    shutdown: () => undefined,
    frames: () => [],
    tunnels: () => [],
    heartbeatWindow: () => millis(2000),
    control: {},
  },
  openBackend: openPassThrough,
});
const { port } = await server.listenPublic("127.0.0.1", 0);
process.stdout.write(`${port}\n`);
process.stdin.resume().once("end", () => process.exit(0));
