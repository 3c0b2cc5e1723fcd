/** The fast router backend, on frames. */
import { routerSuite } from "../support/router-suite.js";
import { startServer } from "../support/start-server.js";

routerSuite(startServer);
