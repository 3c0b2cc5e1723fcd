/** gRPC-web by hand: fetch over HTTP/1.1 and node:http2, bodies built byte by byte. */
import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import test, { type TestContext } from "node:test";
import { eventually } from "../../support/eventually.js";
import { named } from "../support/raw-client.js";
import { ECHO_SERVICE, startServer, type TestServer } from "../support/start-server.js";

const PATH = `/${ECHO_SERVICE}/Echo`;

function frame(message: Buffer, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

interface Frames {
  readonly messages: readonly Buffer[];
  readonly trailers: Readonly<Record<string, string>>;
}

function parse(body: Buffer): Frames {
  const messages: Buffer[] = [];
  let trailers: Record<string, string> = {};
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    const content = body.subarray(at + 5, end);
    if (body[at] === 0) messages.push(content);
    else {
      assert.equal(body[at], 0x80);
      assert.equal(end, body.length, "trailers are the last frame");
      trailers = Object.fromEntries(
        content
          .toString("latin1")
          .split("\r\n")
          .filter((line) => line !== "")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
    }
    at = end;
  }
  return { messages, trailers };
}

async function startEcho(t: TestContext): Promise<TestServer & { readonly url: string }> {
  const server = await startServer(t);
  await server.module("echo", {
    Echo: (call) => {
      call.on("data", (message: Buffer) => call.write(message));
      call.on("end", () => call.end());
    },
    Count: (call) => {
      call.resume();
      for (let index = 0; index < 3; index += 1) call.write(Buffer.from([8, index]));
      call.end();
    },
    Big: (call) => {
      call.resume();
      for (let index = 0; index < 200; index += 1) call.write(Buffer.alloc(100_000, index));
      call.end();
    },
    Fail: (call) => {
      call.resume();
      call.emit("error", Object.assign(new Error("no"), { code: 9, details: "blocked: 100 % Ü" }));
    },
    Hang: (call) => call.resume(),
  });
  return Object.assign(server, { url: `http://127.0.0.1:${server.port}` });
}

function post(url: string, body: Buffer | string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1", ...headers },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

test("a unary call over HTTP/1.1 gives messages and then trailers", async (t) => {
  const { url } = await startEcho(t);
  const message = named("echo", Buffer.from("hello"));
  for (const type of ["application/grpc-web+proto", "application/grpc-web"]) {
    const response = await post(url + PATH, frame(message), { "content-type": type });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/grpc-web+proto");
    assert.match(response.headers.get("opid") ?? "", /^[0-9a-f-]{36}$/);
    const { messages, trailers } = parse(await bytesOf(response));
    assert.deepEqual(messages, [message]);
    assert.equal(trailers["grpc-status"], "0");
  }
});

test("the text form is base64 both ways, in pieces with padding of their own", async (t) => {
  const { url } = await startEcho(t);
  const message = named("echo", Buffer.from("hello"));
  const bytes = frame(message);
  const body = bytes.subarray(0, 4).toString("base64") + bytes.subarray(4).toString("base64");
  const response = await post(url + PATH, body, { "content-type": "application/grpc-web-text" });
  assert.equal(response.headers.get("content-type"), "application/grpc-web-text+proto");
  const text = (await bytesOf(response)).toString("latin1");
  const decoded = Buffer.concat((text.match(/[^=]+={0,2}/g) ?? []).map((piece) => Buffer.from(piece, "base64")));
  const { messages, trailers } = parse(decoded);
  assert.deepEqual([messages, trailers["grpc-status"]], [[message], "0"]);
});

test("a server stream comes message by message", async (t) => {
  const { url } = await startEcho(t);
  const response = await post(`${url}/${ECHO_SERVICE}/Count`, frame(named("echo")));
  const { messages, trailers } = parse(await bytesOf(response));
  assert.deepEqual(
    messages.map((message) => message[1]),
    [0, 1, 2],
  );
  assert.equal(trailers["grpc-status"], "0");
});

test("a stream of 20 MB arrives whole", async (t) => {
  const { url } = await startEcho(t);
  const { messages } = parse(await bytesOf(await post(`${url}/${ECHO_SERVICE}/Big`, frame(named("echo")))));
  assert.equal(messages.length, 200);
  assert.ok(messages.every((message, index) => message.length === 100_000 && message[0] === index && message.at(-1) === index));
});

test("a message of 31 MB passes, one over the limit is refused", async (t) => {
  const { url } = await startEcho(t);
  const long = named("echo", Buffer.alloc(31 * 1024 * 1024, 7));
  const { messages } = parse(await bytesOf(await post(url + PATH, frame(long))));
  assert.ok(messages[0]?.equals(long));
  const response = await post(url + PATH, frame(named("echo", Buffer.alloc(33 * 1024 * 1024))));
  assert.equal(response.headers.get("grpc-status"), "8");
});

test("errors before the first message are in the headers alone", async (t) => {
  const { url } = await startEcho(t);
  const cases: readonly [path: string, body: Buffer, status: string, message: RegExp][] = [
    ["/acme.none.v1.NoService/Call", frame(named("echo")), "12", /unknown service acme\.none/],
    [PATH, frame(named("nobody")), "2", /no node found/],
    [PATH, Buffer.alloc(0), "2", /unable to determine resource name/],
    [PATH, frame(named("echo")).subarray(0, 7), "13", /ends in the middle of a message/],
    [PATH, frame(Buffer.from([7, 7])), "13", /no valid protobuf/],
    [`/${ECHO_SERVICE}/Fail`, frame(named("echo")), "9", /^blocked: 100 % Ü$/],
    ["/pinion.control.v1.ControlService/GetStatus", Buffer.alloc(5), "12", /unknown service/],
  ];
  for (const [path, body, status, message] of cases) {
    const response = await post(url + path, body, { origin: "http://page.example" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("grpc-status"), status, path);
    assert.match(decodeURIComponent(response.headers.get("grpc-message") ?? ""), message);
    assert.equal((await bytesOf(response)).length, 0);
  }
});

test("a deadline ends the call", async (t) => {
  const { url } = await startEcho(t);
  const response = await post(`${url}/${ECHO_SERVICE}/Hang`, frame(named("echo")), { "grpc-timeout": "50m" });
  assert.equal(response.headers.get("grpc-status"), "4");
});

test("a client that leaves cancels its call", async (t) => {
  const server = await startServer(t);
  let cancelled = 0;
  await server.module("echo", {
    Hang: (call) => {
      call.resume();
      call.on("cancelled", () => {
        cancelled += 1;
      });
    },
  });
  const leave = new AbortController();
  const answer = post(`http://127.0.0.1:${server.port}/${ECHO_SERVICE}/Hang`, frame(named("echo")), {}, leave.signal).catch(() => "left");
  setTimeout(() => leave.abort(), 100);
  assert.equal(await answer, "left");
  await eventually("the cancelled call", () => cancelled === 1);
});

test("metadata passes both ways, what belongs to the browser does not", async (t) => {
  const server = await startServer(t);
  const module = await server.module("echo", {
    Echo: (call) => {
      call.resume();
      call.end();
    },
  });
  await post(`http://127.0.0.1:${server.port}${PATH}`, frame(named("echo")), {
    viam_client: "typescript;v1;v1",
    "x-custom": "kept",
    authorization: "Bearer secret",
    "accept-language": "de",
    origin: "http://page.example",
    "pinion-caller": "control",
  });
  const seen = module.calls[0]?.metadata.getMap() ?? {};
  assert.equal(seen["x-custom"], "kept");
  assert.equal(seen["viam_client"], "typescript;v1;v1");
  for (const name of ["authorization", "accept-language", "origin", "x-grpc-web", "pinion-caller"])
    assert.equal(seen[name], undefined, name);
});

test("a preflight allows any origin and the headers it asks for", async (t) => {
  const { url } = await startEcho(t);
  const response = await fetch(url + PATH, {
    method: "OPTIONS",
    headers: {
      origin: "http://page.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,viam_client,x-grpc-web",
    },
  });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.match(response.headers.get("access-control-allow-methods") ?? "", /POST/);
  assert.equal(response.headers.get("access-control-allow-headers"), "authorization,content-type,viam_client,x-grpc-web");
});

test("responses to another origin may be read with all their headers", async (t) => {
  const { url } = await startEcho(t);
  const response = await post(url + PATH, frame(named("echo")), { origin: "http://page.example" });
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const exposed = (response.headers.get("access-control-expose-headers") ?? "").split(", ");
  for (const name of ["grpc-status", "grpc-message", "opid", "content-type"]) assert.ok(exposed.includes(name), name);
});

test("the readiness probe and restart_status answer, other paths are told what is spoken here", async (t) => {
  const { url } = await startEcho(t);
  assert.match(await (await fetch(url)).text(), /is running/);
  const status = (await (await fetch(`${url}/restart_status`)).json()) as Record<string, unknown>;
  assert.equal(status["restart_allowed"], true);
  assert.equal((await fetch(`${url}/nothing`)).status, 404);
  assert.equal((await post(url + PATH, "{}", { "content-type": "text/plain" })).status, 415);
});

test("the same over HTTP/2", async (t) => {
  const { url } = await startEcho(t);
  const session = http2.connect(url);
  t.after(() => session.destroy());
  const call = async (path: string, body: Buffer): Promise<{ headers: http2.IncomingHttpHeaders; body: Buffer }> => {
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc-web+proto" });
    let headers: http2.IncomingHttpHeaders = {};
    stream.on("response", (received) => {
      headers = received;
    });
    stream.end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { headers, body: Buffer.concat(chunks) };
  };
  const message = named("echo", Buffer.from("hello"));
  const answer = await call(PATH, frame(message));
  assert.equal(answer.headers["content-type"], "application/grpc-web+proto");
  assert.deepEqual(parse(answer.body).messages, [message]);
  const failed = await call(PATH, frame(named("nobody")));
  assert.equal(failed.headers["grpc-status"], "2");
  const big = await call(`/${ECHO_SERVICE}/Big`, frame(named("echo")));
  assert.equal(parse(big.body).messages.length, 200);
  const root = session.request({ ":path": "/" });
  const text: Buffer[] = [];
  for await (const chunk of root) text.push(chunk as Buffer);
  assert.match(Buffer.concat(text).toString(), /is running/);
});

test("a client that does not read holds back its own stream only", async (t) => {
  const server = await startServer(t);
  let sent = 0;
  await server.module("echo", {
    Flood: (call) => {
      call.resume();
      const pump = (): void => {
        while (call.write(Buffer.alloc(65_536))) sent += 65_536;
        sent += 65_536;
        call.once("drain", pump);
      };
      pump();
      call.on("cancelled", () => call.removeAllListeners("drain"));
    },
  });
  const body = frame(named("echo"));
  const socket = net.connect(server.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.pause();
  const head = `POST /${ECHO_SERVICE}/Flood HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), body]));
  let before = -1;
  await eventually("a flood that stands still", async () => {
    if (sent === 0 || sent !== before) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return false;
    }
    return true;
  });
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 200);
});
