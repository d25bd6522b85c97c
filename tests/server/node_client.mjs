// The test server, seen by Node's ws.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import WebSocket from "ws";
import { patience } from "../patience.mjs";

let server;
let base;

before(async () => {
  const program = process.env.SERVER_TEST_PROGRAM;
  assert.ok(program, "set SERVER_TEST_PROGRAM to the path of the server_test_program executable");
  server = spawn(path.resolve(program), ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: server.stdout }), "line", { signal: AbortSignal.timeout(patience()) });
  base = line.replace(/^http/, "ws").replace(/\/$/, "");
});

after(async () => {
  if (!server || server.exitCode !== null) return;
  const exited = once(server, "exit", { signal: AbortSignal.timeout(patience()) });
  server.kill("SIGTERM");
  const [code] = await exited.catch((error) => {
    server.kill("SIGKILL");
    throw error;
  });
  assert.equal(code, 0);
});

/** A client that keeps what it has received until it is asked for. */
class Client {
  #messages = [];
  #waiting = [];

  static async open(route, ...settings) {
    const client = new Client();
    client.socket = new WebSocket(base + route, ...settings);
    client.closed = once(client.socket, "close").then(([code, reason]) => ({ code, reason: String(reason) }));
    client.closed.catch(() => {});
    client.socket.on("message", (data, isBinary) => {
      const message = isBinary ? data : String(data);
      const next = client.#waiting.shift();
      if (next) next(message);
      else client.#messages.push(message);
    });
    await once(client.socket, "open", { signal: AbortSignal.timeout(patience()) });
    return client;
  }

  send(message) {
    this.socket.send(message);
  }

  async next() {
    if (this.#messages.length) return this.#messages.shift();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no message has come")), patience());
      this.#waiting.push((message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  }

  /** Passes over messages up to this one. */
  async until(wanted) {
    while ((await this.next()) !== wanted);
  }

  async close(...how) {
    this.socket.close(...how);
    return this.closed;
  }
}

async function joined(room) {
  const client = await Client.open(`/ws/room/${room}/`);
  const probe = `probe ${Math.random()}`;
  client.send(probe);
  await client.until(probe);
  return client;
}

test("text, binary and empty messages come back", async () => {
  const client = await Client.open("/ws/echo/");
  for (const message of ["hello", "ä€😀", "", "x".repeat(1024 * 1024), Buffer.from([0, 255, 1]), Buffer.alloc(0)]) {
    client.send(message);
    assert.deepEqual(await client.next(), message);
  }
  assert.equal((await client.close(1000)).code, 1000);
});

test("a ping is answered with its own bytes", async () => {
  const client = await Client.open("/ws/echo/");
  const pong = once(client.socket, "pong", { signal: AbortSignal.timeout(patience()) });
  client.socket.ping("are you there");
  assert.equal(String((await pong)[0]), "are you there");
  await client.close();
});

test("two in a room hear each other in order, and one in another room does not", async () => {
  const [one, two, elsewhere] = [await joined("a"), await joined("a"), await joined("b")];
  for (let i = 0; i < 100; ++i) one.send(`message ${i}`);
  for (let i = 0; i < 100; ++i) assert.equal(await two.next(), `message ${i}`);
  await one.until("message 99");
  two.send("and back");
  assert.equal(await one.next(), "and back");
  elsewhere.send("alone");
  assert.equal(await elsewhere.next(), "alone");
  await Promise.all([one, two, elsewhere].map((client) => client.close()));
});

test("a client sees the server's close code and reason", async () => {
  const client = await Client.open("/ws/hooks/");
  assert.equal(await client.next(), "welcome");
  client.send("close");
  assert.deepEqual(await client.closed, { code: 4001, reason: "bye" });
});

test("a client's own close code comes back", async () => {
  const client = await Client.open("/ws/hooks/");
  assert.deepEqual(await client.close(4321, "because"), { code: 4321, reason: "because" });
});

test("an exception in a hook closes with 1011", async () => {
  const client = await Client.open("/ws/hooks/");
  client.send("throw");
  assert.equal((await client.closed).code, 1011);
});

test("a message that is too big closes with 1009", async () => {
  const client = await Client.open("/ws/echo/");
  client.send(Buffer.alloc(1024 * 1024 + 1));
  assert.equal((await client.closed).code, 1009);
});

test("a subprotocol is agreed upon", async () => {
  const client = await Client.open("/ws/hooks/", ["other", "roompp.test"]);
  assert.equal(client.socket.protocol, "roompp.test");
  await client.close();
});

test("a refused connection gets its status", async () => {
  for (const [route, status] of [["/ws/hooks/?token=bad", 401], ["/ws/nothing/", 404], ["/ws/room/a%E2%80%AEb/", 400]])
    await assert.rejects(Client.open(route), new RegExp(`Unexpected server response: ${status}`));
});

test("Node's ws and its own WebSocket talk over wss, with a certificate that they trust", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "roompp-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync(path.resolve(import.meta.dirname, "../../examples/make_certificate"), [folder], { stdio: "ignore" });
  const secure = spawn(path.resolve(process.env.SERVER_TEST_PROGRAM), ["--port", "0", "--tls", folder],
                       { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => secure.kill("SIGTERM"));
  let url;
  for await (const line of createInterface({ input: secure.stdout })) {
    url = line;
    if (line.startsWith("https:")) break;
  }
  if (secure.exitCode === 77) return t.skip("the server is built without TLS");
  const route = `wss://localhost:${new URL(url).port}/ws/echo/`;
  const certificate = path.join(folder, "cert.pem");

  const client = new WebSocket(route, { ca: readFileSync(certificate) });
  await once(client, "open", { signal: AbortSignal.timeout(patience()) });
  client.send("over TLS");
  assert.equal(String((await once(client, "message"))[0]), "over TLS");
  client.close(1000);
  await once(client, "close");

  const stranger = new WebSocket(route);
  const [refusal] = await once(stranger, "error");
  assert.match(refusal.code, /SELF_SIGNED|UNABLE_TO_VERIFY/);

  // Node's own takes the certificates from its environment.
  const script = `
    const socket = new WebSocket(${JSON.stringify(route)});
    socket.onopen = () => socket.send("over TLS as well");
    socket.onmessage = ({ data }) => { console.log(data); socket.close(1000); };
    socket.onclose = ({ code }) => console.log(code);`;
  const flags = "WebSocket" in globalThis ? [] : ["--experimental-websocket"];  // before Node 22
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", script],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate, NODE_NO_WARNINGS: "1" }, timeout: patience() });
  assert.deepEqual(stdout.trim().split("\n"), ["over TLS as well", "1000"]);
});
