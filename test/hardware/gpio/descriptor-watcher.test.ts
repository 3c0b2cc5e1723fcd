import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { watchDescriptor } from "../../../src/hardware/gpio/descriptor-watcher.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";

/** Both ends of a pipe that does not block. */
function openPipe(t: TestContext): { descriptor: number; write: (text: string) => void; read: () => string } {
  const file = path.join(tempFolder(t), "pipe");
  execFileSync("mkfifo", [file]);
  const descriptor = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(descriptor));
  const read = (): string => {
    const buffer = new Uint8Array(64);
    return Buffer.from(buffer.subarray(0, readSync(descriptor, buffer))).toString();
  };
  return { descriptor, read, write: (text) => void writeSync(descriptor, text) };
}

test("a listener is called when there is something to read, and no more after it ended", async (t) => {
  const one = openPipe(t);
  const other = openPipe(t);
  const seen: string[] = [];
  const endOne = watchDescriptor(one.descriptor, "data", () => seen.push(`one ${one.read()}`));
  const endOther = watchDescriptor(other.descriptor, "data", () => seen.push(`other ${other.read()}`));
  one.write("a");
  await eventually("one", () => seen.length === 1);
  other.write("b");
  await eventually("other", () => seen.length === 2);
  endOne();
  endOne();
  one.write("c");
  other.write("d");
  await eventually("other again", () => seen.length === 3);
  endOther();
  assert.deepEqual(seen, ["one a", "other b", "other d"]);
});

test("it may be ended from within its own call", async (t) => {
  const pipe = openPipe(t);
  let calls = 0;
  const end = watchDescriptor(pipe.descriptor, "data", () => {
    calls += 1;
    end();
  });
  pipe.write("a"); // never read: without the end it would be called for ever
  await eventually("a call", () => calls > 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(calls, 1);
});

test("in a worker it is refused: the library would end the process", async () => {
  const file = new URL("../../../src/hardware/gpio/descriptor-watcher.js", import.meta.url);
  const code = `import(${JSON.stringify(file.href)}).then(({ watchDescriptor }) => watchDescriptor(0, "data", () => {})).catch((error) => require("node:worker_threads").parentPort.postMessage(error.code))`;
  const worker = new Worker(code, { eval: true });
  const [answer] = await new Promise<unknown[]>((resolve, reject) =>
    worker.once("message", (...all) => resolve(all)).once("error", reject),
  );
  await worker.terminate();
  assert.equal(answer, "GPIO_UNSUPPORTED");
});
