import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/base/clock.js";
import { openLogOutput } from "../../src/daemon/log-output.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

const output = pathToFileURL(path.join(import.meta.dirname, "../../src/daemon/log-output.js")).href;
const clock = pathToFileURL(path.join(import.meta.dirname, "../../src/base/clock.js")).href;

test("a pipe that nobody reads holds nobody up; what it cannot take is counted, and the rest comes when it is read", async (t) => {
  const pipe = path.join(tempFolder(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const writer = openSync(pipe, constants.O_WRONLY);
  t.after(() => closeSync(writer));
  const out = openLogOutput({ clock: systemClock, fd: writer });
  t.after(() => out.close());
  const line = `${"x".repeat(999)}\n`;
  for (let count = 0; count < 1000; count += 1) out.write(line);
  assert.equal(out.takeLost(), 0, "it is told when the reader is there again");

  let received = "";
  const buffer = Buffer.alloc(65_536);
  const readAll = (): void => {
    try {
      for (let count = readSync(reader, buffer); count > 0; count = readSync(reader, buffer))
        received += buffer.toString("latin1", 0, count);
    } catch {
      // EAGAIN: nothing more right now.
    }
  };
  const lost = await eventually("the kept lines", () => {
    readAll();
    return out.takeLost() || undefined;
  });
  readAll();
  assert.ok(lost > 500 && lost < 1000);
  assert.equal(received, line.repeat(1000 - lost));
});

test("a reader that went away ends the writing and nothing else", async () => {
  const script = `
    const { openLogOutput } = await import("${output}");
    const { systemClock } = await import("${clock}");
    const out = openLogOutput({ clock: systemClock, fd: 1 });
    setInterval(() => { out.write("line\\n"); }, 5);
    process.stdin.resume().on("end", () => process.exit(0));
  `;
  const child = spawn("sh", ["-c", `"${process.execPath}" --input-type=module -e '${script}' | head -n 1`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const status = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await eventually("the first line", () => text.includes("line"));
  child.stdin.end();
  assert.equal(await status, 0);
});

for (const kind of ["file", "socket"] as const) {
  test(`everything arrives in order on a ${kind}`, async (t) => {
    const file = path.join(tempFolder(t), "log");
    const script = `
      const { openLogOutput } = await import("${output}");
      const { systemClock } = await import("${clock}");
      const out = openLogOutput({ clock: systemClock, fd: 1 });
      for (let count = 0; count < 200; count += 1) out.write(count + "x".repeat(500) + "\\n");
      out.close();
    `;
    const fd = openSync(file, "a");
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", kind === "file" ? fd : "pipe", "inherit"],
    });
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    closeSync(fd);
    assert.equal(status, 0);
    if (kind === "file") text = readFileSync(file, "utf8");
    assert.equal(text, Array.from({ length: 200 }, (_, count) => `${count}${"x".repeat(500)}\n`).join(""));
  });
}
