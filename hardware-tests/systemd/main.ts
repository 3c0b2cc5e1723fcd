/**
 * `npm run test:systemd`: boots the virtual board with a Debian whose first process is systemd, and runs the tests of the service in it.
 * The last lines are those of `node --test`.
 */
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/base/package-root.js";
import { quoted, runOnBoard } from "../board/boot.js";
import { prepareKernel, whyNoTests } from "../board/kernel.js";
import { skip } from "../skip.js";
import { prepareSystem, whyNoSystem } from "./system-root.js";

/** Milliseconds for all of it, and for a test. */
const LIMIT = 420_000;
const TEST_LIMIT = 400_000;
const PROJECT = "/opt/pinion";

const why = whyNoTests("test:systemd") ?? whyNoSystem();
if (why === undefined) await runSuites();
else skip("systemd", why);

async function runSuites(): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const kernel = await prepareKernel(say);
  const root = await prepareSystem(say);
  const own = path.join(packageRoot(), "hardware-tests", "systemd");
  const { exitCode, failure } = await runOnBoard({
    kernel,
    command: guestCommand(),
    system: {
      init: path.join(own, "guest-init.sh"),
      prepare(work) {
        copyFileSync(path.join(own, "board-test.service"), path.join(work, "board-test.service"));
        const places = {
          PINION_BOARD_ROOT: root,
          PINION_BOARD_PROJECT: packageRoot(),
          PINION_BOARD_NODE: path.dirname(process.execPath),
          PINION_BOARD_KERNEL: path.dirname(kernel.stub),
        };
        const lines = Object.entries(places).map(([name, value]) => `${name}=${quoted(value)}`);
        writeFileSync(path.join(work, "places.sh"), `${lines.join("\n")}\n`);
      },
    },
    limit: LIMIT,
    onOutput: (text) => process.stdout.write(text),
  });
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.exitCode = exitCode ?? 1;
}

/** Run by board-test.service. */
function guestCommand(): string {
  const folder = path.posix.join(PROJECT, path.relative(packageRoot(), import.meta.dirname));
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.js"));
  const tests = `node --enable-source-maps --test --test-concurrency=1 --test-timeout=${TEST_LIMIT} --test-reporter=tap`;
  return `exec >/dev/console 2>&1
export PINION_BOARD_STUB=/opt/kernel/i2c-stub.ko
echo "== the virtual board is up: Linux $(uname -r), $(systemctl --version | head -n 1)"
cd /tmp && node ${PROJECT}/dist/hardware-tests/board/set-up.js && ${tests} ${files.map((file) => path.posix.join(folder, file)).join(" ")}
echo $? >/opt/work/exit
`;
}
