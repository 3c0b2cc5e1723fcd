/** The first router backend, on node:http2. It stays as the oracle that the other one is compared with. */
import { openPassThrough } from "./support/open-pass-through.js";
import { routerSuite } from "./support/router-suite.js";
import { startServer } from "./support/start-server.js";

routerSuite((t, overrides) => startServer(t, { openBackend: openPassThrough, ...overrides }));
