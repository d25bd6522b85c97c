// A server that a test plays itself: sockets and requests that do what it says, and a clock that it turns.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, beforeEach, mock } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../../examples/chat_server/pages/roompp.js", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "roompp-"));
after(() => rmSync(folder, { recursive: true }));
copyFileSync(source, path.join(folder, "roompp.mjs"));  // Node 20 takes a .js file for CommonJS
const { Room } = await import(pathToFileURL(path.join(folder, "roompp.mjs")));

export const EVENTS = ["status", "history", "reset", "message", "presence", "join", "leave", "direct", "signal", "error"];
export const ANN = { id: "a1", name: "Ann" };
export const BEN = { id: "b2", name: "Ben" };
export const URL_OF_ROOM = "ws://chat.example/ws/chat/lobby/";

/** Lets everything run that waits for no timer. */
export const settle = () => new Promise(setImmediate);
export const tick = (ms) => mock.timers.tick(ms);

class FakeSocket {
  static made = [];
  readyState = 0;
  sent = [];
  closedHere = false;

  constructor(url, protocols) {
    this.url = new URL(url);
    this.protocols = protocols;
    FakeSocket.made.push(this);
  }
  get query() { return Object.fromEntries(this.url.searchParams); }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.closedHere = true; this.readyState = 3; }
  say(frame) {
    this.readyState = 1;
    this.onmessage?.({ data: typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame) });
  }
  hangUp(code = 1006, reason = "") { this.readyState = 3; this.onclose?.({ code, reason }); }
}

/** The attempts to connect by WebSocket so far, and the newest. */
export const sockets = () => FakeSocket.made;
export const socket = () => FakeSocket.made.at(-1);

let rooms = [];
beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  mock.method(Math, "random", () => 0.5);
});
afterEach(() => {
  rooms.forEach((room) => room.close());
  rooms = [];
  FakeSocket.made = [];
  mock.reset();
  mock.timers.reset();
});

/** A room whose events are noted, as [event, details], in `room.seen`. */
export function enter(options = {}) {
  const room = new Room(URL_OF_ROOM, { WebSocket: FakeSocket, fetch: () => Promise.reject(new TypeError("refused")), ...options });
  rooms.push(room);
  room.seen = [];
  for (const event of EVENTS) room.on(event, (details) => room.seen.push([event, details]));
  /** The ids of the messages so far. */
  room.ids = () => room.seen.filter(([event]) => event === "message").map(([, { id }]) => id);
  room.texts = () => room.seen.filter(([event]) => event === "message").map(([, { message }]) => message);
  room.events = () => room.seen.map(([event]) => event);
  room.all = (event) => room.seen.filter(([name]) => name === event).map(([, details]) => details);
  return room;
}

export const message = (id, text = `m${id}`, from = BEN) => ({ type: "message", id, from, at: 1000 + id, message: text });
export const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** What a server says first. */
export function welcome(last = 0, ids = [], { epoch = "e1", type = "history" } = {}) {
  return { type, epoch, last, you: ANN, messages: ids.map((id) => { const { type: _, ...rest } = message(id); return rest; }) };
}
export const presence = (...people) => ({ type: "presence", members: people.map((one) => ({ ...one, since: 5, connections: 1 })) });

/** A room that is connected, as Ann. */
export function connected(options, first = welcome()) {
  const room = enter(options);
  socket().say(first);
  return room;
}

/** A fetch whose requests the test answers: `respond(url, init)` returns a Response, or throws. */
export function server(respond) {
  const requests = [];
  const fetch = async (url, init = {}) => {
    const request = { url: new URL(url), method: init.method ?? "GET", body: init.body && JSON.parse(init.body), init };
    requests.push(request);
    const answer = await respond(request);
    if (answer === undefined) {
      return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))));
    }
    return answer;
  };
  return { fetch, requests, paths: () => requests.map(({ method, url }) => `${method} ${url.pathname.split("/")[1]}`) };
}

export const json = (value, status = 200) => new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

/** The answer to GET /events/, and what writes into it. */
export function eventStream() {
  let controller;
  const body = new ReadableStream({ start: (given) => { controller = given; } });
  return {
    response: new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    write: (text) => controller.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text),
    say: (frame) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(frame)}\n\n`)),
    end: () => controller.close(),
  };
}
