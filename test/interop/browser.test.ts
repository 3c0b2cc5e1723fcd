/** The official TypeScript client in a real browser: a page of another origin drives the machine over gRPC-web. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { build } from "esbuild";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";
import { runProgram } from "./support/run-program.js";
import { nodeClientProgram } from "./support/toolchains.js";
import { DRIVEN, makeKey, startWebMachine, type Target, target } from "./support/web-machine.js";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
const LIMIT_MS = 60_000;

async function findBrowser(): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    const found = await runProgram(program, ["--version"]).then(
      () => true,
      () => false, // not installed: the next one
    );
    if (found) return program;
  }
  return undefined;
}

interface PageServer {
  readonly url: string;
  targets: Readonly<Record<string, Target>>;
  outcomes: unknown;
}

/** Serves the page, hands it its targets and takes what it posts back. */
async function servePage(t: TestContext): Promise<PageServer> {
  const entry = path.join(path.dirname(nodeClientProgram()), "page.mjs");
  const bundle = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm", platform: "browser", logLevel: "error" });
  const script = bundle.outputFiles[0]?.text ?? "";
  const state: { targets: PageServer["targets"]; outcomes: unknown } = { targets: {}, outcomes: undefined };
  const server = http.createServer((request, response) => {
    if (request.url === "/outcomes") {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        state.outcomes = JSON.parse(body);
        response.end();
      });
      return;
    }
    const [type, text] =
      request.url === "/page.mjs"
        ? ["text/javascript", script]
        : request.url === "/targets"
          ? ["application/json", JSON.stringify(state.targets)]
          : ["text/html", '<!doctype html><title>test</title><script type="module" src="/page.mjs"></script>'];
    response.setHeader("content-type", `${type}; charset=utf-8`);
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(state, { url: `http://localhost:${port}/` });
}

function openPage(t: TestContext, browser: string, url: string): () => string {
  const args = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // The machine's certificate is its own.
    "--ignore-certificate-errors",
    "--enable-logging=stderr",
    `--user-data-dir=${tempFolder(t)}`,
    "--remote-debugging-port=0",
    url,
  ];
  const child = spawn(browser, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  t.after(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // The group: the browser's own children go with it.
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGKILL");
      await ended;
    }
  });
  return () => errors;
}

async function driveInBrowser(t: TestContext, browser: string, targets: Readonly<Record<string, Target>>): Promise<unknown> {
  const page = await servePage(t);
  page.targets = targets;
  const errors = openPage(t, browser, page.url);
  await eventually("outcomes from the page", () => page.outcomes !== undefined, LIMIT_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${errors().slice(-4000)}`, { cause: error });
  });
  return page.outcomes;
}

test("a page reads a sensor and drives a motor", async (t) => {
  const browser = await findBrowser();
  if (browser === undefined) {
    t.skip("there is no Chromium; on Debian: apt-get install chromium");
    return;
  }
  const daemon = await startWebMachine(t);
  assert.deepEqual(await driveInBrowser(t, browser, { open: target(daemon, "http") }), { open: DRIVEN });

  const key = await makeKey(daemon, "operator");
  const outcomes = (await driveInBrowser(t, browser, {
    plain: target(daemon, "http", key),
    tls: target(daemon, "https", key),
    none: target(daemon, "https"),
  })) as Record<string, { error?: string }>;
  assert.deepEqual([outcomes["plain"], outcomes["tls"]], [DRIVEN, DRIVEN]);
  assert.match(outcomes["none"]?.error ?? "", /Failed to connect/);
  assert.equal(await daemon.stop(), 0);
});
