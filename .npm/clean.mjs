// Removes the output of earlier builds: a test whose source is gone must not run.
import { rmSync } from "node:fs";
import path from "node:path";

rmSync(path.join(path.dirname(import.meta.dirname), "dist"), { recursive: true, force: true });
