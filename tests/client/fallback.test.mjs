import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { BEN, connected, enter, eventStream, json, message, presence, range, server, settle, socket, sockets, tick, welcome } from "./fakes.mjs";

const routeOf = ({ url }) => url.pathname.split("/")[1];
const refused = () => { throw new TypeError("refused"); };
const text = (status, body = "") => new Response(body, { status });

/** Turns the clock in steps, so that what each timer starts can go on before the next. */
async function pass(ms, step = 250) {
  for (let gone = 0; gone < ms; gone += step) {
    tick(step);
    await settle();
  }
}

/** No WebSocket can be opened, often enough for other ways to be tried. */
async function refuseSockets(times = 2) {
  for (let i = 0; i < times; ++i) {
    if (i > 0) tick(1000);
    socket().hangUp(1006);
    await settle();
  }
}

test("where no WebSocket opens, an event stream is used, which says who it is and resumes", async () => {
  const stream = eventStream();
  const web = server((request) => (routeOf(request) === "events" ? stream.response : undefined));
  const room = enter({ fetch: web.fetch, name: "Ann", client: "0123456789abcdef" });
  await refuseSockets();
  stream.say(welcome(2, [1, 2]));
  stream.say(presence(BEN));
  stream.say(message(3));
  await settle();
  assert.deepEqual([room.status, room.transport], ["open", "events"]);
  assert.deepEqual(room.ids(), [1, 2, 3]);
  assert.equal(room.presence.size, 1);
  const { url } = web.requests[0];
  assert.equal(url.origin + url.pathname, "http://chat.example/events/chat/lobby/");
  assert.deepEqual([url.searchParams.get("client"), url.searchParams.get("name"), url.searchParams.get("last")], ["0123456789abcdef", "Ann", "50"]);
});

test("one failed WebSocket is not enough to change", async () => {
  const web = server(() => undefined);
  const room = enter({ fetch: web.fetch });
  await refuseSockets(1);
  tick(1000);
  socket().say(welcome());
  assert.equal(room.transport, "websocket");
  assert.deepEqual(web.requests, []);
});

test("nothing is lost or doubled over a change of transport in the middle", async () => {
  const stream = eventStream();
  const web = server(() => stream.response);
  const room = connected({ fetch: web.fetch }, welcome(3, [1, 2, 3]));
  socket().hangUp(1006);
  await settle();
  tick(1000);
  await refuseSockets();
  assert.deepEqual([web.requests[0].url.searchParams.get("epoch"), web.requests[0].url.searchParams.get("after")], ["e1", "3"]);
  stream.say(welcome(5, [3, 4, 5]));
  stream.say(message(5));
  stream.say(message(6));
  await settle();
  assert.deepEqual(room.ids(), range(1, 6));
  assert.equal(room.all("history").at(-1).resumed, true);
});

test("a server that is away refuses everything, and is met by a WebSocket again once it is back", async () => {
  const web = server(refused);
  const room = connected({ fetch: web.fetch });
  socket().hangUp(1001);
  for (let i = 0; i < 5; ++i) {
    while (room.status === "waiting") await pass(250);
    assert.equal(room.transport, "websocket");
    socket().hangUp(1006);
    await settle();
    await settle();
  }
  assert.deepEqual(web.paths().slice(0, 4), ["GET events", "GET poll", "GET events", "GET poll"]);
  while (room.status === "waiting") await pass(250);
  socket().say(welcome(0));
  assert.deepEqual([room.status, room.transport], ["open", "websocket"]);
});

test("a server without event streams is polled; one without either is a matter for WebSockets alone", async () => {
  for (const [poll, expected] of [[json([welcome(1, [1])]), "polling"], [text(404), null]]) {
    const web = server((request) => ({ events: text(404, "There is nothing here."), poll: request.url.searchParams.has("wait") ? undefined : poll })[routeOf(request)]);
    const room = enter({ fetch: web.fetch });
    await refuseSockets();
    assert.equal(room.transport, expected);
    assert.deepEqual(web.paths().slice(0, 2), ["GET events", "GET poll"]);
    if (expected) assert.deepEqual(room.ids(), [1]);
    else {
      await pass(2000);
      socket().hangUp();
      await pass(2000);
      assert.equal(web.requests.length, 2, "what is not offered is not asked for again");
    }
    room.close();
  }
});

test("a stream that a proxy holds back from the start is given up for polling", async () => {
  const web = server((request) => (routeOf(request) === "poll" && !request.url.searchParams.has("wait") ? json([welcome(1, [1])]) : undefined));
  const room = enter({ fetch: web.fetch, streamTimeout: 5000 });
  await refuseSockets();
  assert.equal(room.transport, "events");
  await pass(5000);
  assert.deepEqual([room.status, room.transport], ["open", "polling"]);
  assert.deepEqual(room.ids(), [1]);
  assert.equal(web.requests[0].init.signal.aborted, true);
});

test("a stream that was held back is not tried again", async () => {
  let polls = 0;
  const web = server((request) => {
    if (routeOf(request) === "events" || request.url.searchParams.has("wait")) return undefined;
    polls += 1;
    return polls === 1 ? json([welcome(0)]) : text(503);
  });
  const room = enter({ fetch: web.fetch });
  await refuseSockets();
  await pass(50_000);  // the poll that is held is given up, and the next ones are refused
  const before = sockets().length;
  while (sockets().length === before) await pass(250);
  socket().hangUp();
  await pass(500);
  assert.deepEqual(room.transport, null);
  assert.deepEqual(web.paths().filter((route) => route === "GET events").length, 1);
  assert.ok(polls > 2);
});

test("what worked and does not any more is no longer tried first", async () => {
  const stream = eventStream();
  let streams = 0;
  const web = server((request) => (routeOf(request) === "events" && (streams += 1) === 1 ? stream.response : refused()));
  const room = enter({ fetch: web.fetch });
  await refuseSockets();
  stream.say(welcome(0));
  await settle();
  const before = sockets().length;
  stream.end();
  await pass(1000);
  assert.deepEqual([streams, sockets().length], [2, before]);
  while (room.status === "waiting") await pass(250);
  assert.deepEqual([room.transport, sockets().length, streams], ["websocket", before + 1, 2]);
});

test("where nothing is offered it may be for a moment only: all is tried again later", async () => {
  const web = server(() => text(404));
  enter({ WebSocket: false, fetch: web.fetch });
  await pass(5000);
  assert.ok(web.requests.length > 2);
});

test("close() ends a stream and a held poll", async () => {
  for (const transport of ["events", "polling"]) {
    const stream = eventStream();
    const web = server((request) => (routeOf(request) === "events" ? stream.response : request.url.searchParams.has("wait") ? undefined : json([welcome(0)])));
    const room = enter({ fetch: web.fetch, transport });
    await settle();
    if (transport === "events") stream.say(welcome(0));
    await pass(1000);
    assert.equal(room.status, "open");
    const { signal } = web.requests.at(-1).init;
    assert.equal(signal.aborted, false);
    room.close();
    assert.equal(signal.aborted, true);
    await pass(1000);
    assert.equal(room.status, "closed");
  }
});

test("a stream whose start got through, but not what was acknowledged since, is given up for polling", async () => {
  const stream = eventStream();
  const web = server((request) => ({
    events: stream.response, send: json({ type: "ack", id: 2 }), poll: request.url.searchParams.has("wait") ? undefined : json([welcome(2, [2])]),
  })[routeOf(request)]);
  const room = enter({ fetch: web.fetch, transport: "auto" });
  await refuseSockets();
  stream.say(welcome(1, [1]));
  await settle();
  assert.equal(await room.send("are you there?"), 2);
  await pass(5000);
  assert.deepEqual([room.status, room.transport], ["open", "polling"]);
  assert.deepEqual(room.ids(), [1, 2]);
  assert.equal(web.requests.at(-2).url.searchParams.get("after"), "1");
});

test("a stream that falls silent, or ends, is begun again", async () => {
  const streams = [];
  const web = server(() => { streams.push(eventStream()); return streams.at(-1).response; });
  const room = enter({ fetch: web.fetch, transport: "events" });
  await settle();
  streams[0].say(welcome(1, [1]));
  await settle();
  for (let i = 0; i < 4; ++i) {
    await pass(30_000, 10_000);
    streams[0].write(": keep-alive\n\n");
    await settle();
  }
  assert.equal(room.status, "open");
  await pass(120_000, 10_000);
  assert.match(room.all("status").find(({ status }) => status === "waiting").reason, /silent/);
  while (room.status === "waiting") await pass(250);
  streams.at(-1).say(welcome(2, [2]));
  await settle();
  assert.deepEqual(room.ids(), [1, 2]);
  streams.at(-1).end();
  await settle();
  assert.equal(room.status, "waiting");
});

test("events are read whatever the pieces they come in", async () => {
  const stream = eventStream();
  const room = enter({ fetch: server(() => stream.response).fetch, transport: "events" });
  await settle();
  const frame = JSON.stringify(welcome(0)).replace("{", "{\ndata: ");
  const all = `: hello\r\nretry: 10\r\nid: e1:0\r\nevent: x\r\ndata: ${frame}\r\n\r\n\n\ndata:${JSON.stringify(message(1, "ä\u2028👏"))}\nid: e1:1\n\ndata: no JSON\n\ndata: []\n\n`;
  for (const byte of new TextEncoder().encode(all)) stream.write(new Uint8Array([byte]));
  for (let i = 0; i < 10; ++i) await settle();
  assert.deepEqual(room.texts(), ["ä\u2028👏"]);
});

test("polls go on from the last id, are held, and bring each message once", async () => {
  const answers = [json([welcome(1, [1]), presence(BEN)]), json([welcome(3, [2, 3]), { type: "signal", from: BEN, signal: 1 }]), json([welcome(3)]), json([welcome(4, [3, 4])])];
  const web = server(() => answers.shift());
  const room = enter({ fetch: web.fetch, transport: "polling", pollWait: 20 });
  await pass(3000);
  assert.deepEqual(room.ids(), [1, 2, 3, 4]);
  assert.deepEqual(web.requests.map(({ url: { searchParams: query } }) => [query.get("after"), query.get("wait")]), [
    [null, null], ["1", "20"], ["3", "20"], ["3", "20"], ["4", "20"],
  ]);
  assert.equal(room.all("history").length, 1);
  assert.equal(room.all("signal").length, 1);
  assert.equal(new Set(web.requests.map(({ url }) => url.searchParams.get("session"))).size, 1);
});

test("a reset between two polls is told of", async () => {
  const answers = [json([welcome(3, [3])]), json([welcome(2, [1, 2], { epoch: "e2", type: "reset" })])];
  const room = enter({ fetch: server(() => answers.shift()).fetch, transport: "polling" });
  await pass(1000);
  assert.deepEqual(room.ids(), [3, 1, 2]);
  assert.deepEqual(room.all("reset"), [{ epoch: "e2", last: 2, count: 2 }]);
});

test("a server that does not hold its polls is not flooded", async () => {
  const web = server(() => json([welcome(1)]));
  enter({ fetch: web.fetch, transport: "polling" });
  await pass(10_000, 50);
  assert.ok(web.requests.length <= 42, `${web.requests.length} polls in 10 s`);
});

test("a poll that is never answered is given up", async () => {
  const web = server((request) => (request.url.searchParams.has("wait") ? undefined : json([welcome(0)])));
  const room = enter({ fetch: web.fetch, transport: "polling", pollWait: 25, connectTimeout: 10_000 });
  await pass(34_000);
  assert.equal(room.status, "open");
  await pass(2000);
  assert.deepEqual(room.all("status").slice(0, 4).map(({ status }) => status), ["open", "waiting", "connecting", "open"]);
});

test("a refusal ends it, with its status and text; too many requests only make it wait", async () => {
  for (const status of [400, 401, 403, 410]) {
    const room = enter({ fetch: server(() => text(status, "Say the word.\n")).fetch, transport: "events" });
    await settle();
    await settle();
    assert.deepEqual(room.all("status").at(-1), { status: "closed", transport: null, code: status, reason: "Say the word." });
  }
  for (const status of [429, 500, 502, 503]) {
    const room = enter({ fetch: server(() => text(status, "<html>")).fetch, transport: "polling" });
    await settle();
    await settle();
    assert.equal(room.status, "waiting");
    assert.equal(room.all("status").at(-1).reason, `status ${status}`);
    if (status === 429) assert.ok(room.all("status").at(-1).retryAt - Date.now() >= 5000);
  }
});

test("a server that ends a poll or a stream says why, and its close code decides", async () => {
  const goodbye = (code) => ({ type: "error", error: "closed", code, message: "go" });
  for (const [code, status, expected] of [[4000, 403, "closed"], [1008, 403, "closed"], [1013, 503, "waiting"]]) {
    const room = enter({ fetch: server(() => json(goodbye(code), status)).fetch, transport: "polling" });
    await settle();
    await settle();
    assert.equal(room.status, expected);
    assert.deepEqual([room.all("status").at(-1).code, room.all("status").at(-1).reason], [code, "go"]);

    const stream = eventStream();
    const other = enter({ fetch: server(() => stream.response).fetch, transport: "events" });
    await settle();
    stream.say(welcome(0));
    stream.write(`event: close\ndata: {"code":${code},"reason":"go"}\n\n`);
    await settle();
    assert.equal(other.status, expected);
    assert.deepEqual([other.all("status").at(-1).code, other.all("status").at(-1).reason], [code, "go"]);
  }
});

test("messages go by POST one after the other, and are acknowledged by its answer", async () => {
  const stream = eventStream();
  const waiting = [];
  const web = server((request) => (routeOf(request) === "events" ? stream.response : new Promise((resolve) => { waiting.push(resolve); })));
  const room = enter({ fetch: web.fetch, transport: "events" });
  await settle();
  stream.say(welcome(0));
  await settle();
  const sent = Promise.allSettled([room.send("a"), room.send("b"), room.direct("x", "c"), room.send("d")]);
  await settle();
  assert.equal(waiting.length, 1);
  const answers = [json({ type: "ack", id: 1 }), json({ type: "error", error: "rate_limited", message: "Slow down." }, 429),
                   json({ type: "error", error: "no_such_person", message: "Not here." }, 404), text(502, "<html>bad gateway</html>")];
  for (const answer of answers) {
    waiting.at(-1)(answer);
    await settle();
    await settle();
  }
  assert.deepEqual((await sent).map(({ value, reason }) => value ?? reason.code), [1, "rate_limited", "no_such_person", "http_502"]);
  assert.deepEqual(web.requests.slice(1).map(({ body }) => body.message), ["a", "b", "c", "d"]);
});

test("a POST that breaks is rejected: it may have arrived", async () => {
  const web = server((request) => (routeOf(request) === "send" ? refused() : request.url.searchParams.has("wait") ? undefined : json([welcome(0)])));
  const room = enter({ fetch: web.fetch, transport: "polling" });
  await room.ready();
  await assert.rejects(room.send("a"), { code: "connection_lost" });
});

test("what worked is tried first the next time; after some minutes the WebSocket has its chance again", async () => {
  const streams = [];
  const web = server(() => { streams.push(eventStream()); return streams.at(-1).response; });
  const room = enter({ fetch: web.fetch });
  await refuseSockets();
  streams[0].say(welcome(0));
  await settle();
  const attempts = sockets().length;
  streams[0].end();
  await pass(1000);
  assert.equal(sockets().length, attempts);
  assert.equal(streams.length, 2);
  streams[1].say(welcome(0));
  await settle();
  for (let i = 0; i < 10; ++i) {
    await pass(31_000, 1000);
    streams[1].write(":\n\n");
    await settle();
  }
  streams[1].end();
  await pass(1000);
  assert.equal(sockets().length, attempts + 1);
  socket().say(welcome(0));
  assert.deepEqual([room.status, room.transport], ["open", "websocket"]);
});

test("a forced transport is the only one that is tried", async () => {
  for (const transport of ["websocket", "events", "polling"]) {
    const before = sockets().length;
    const web = server(() => text(503));
    const room = enter({ fetch: web.fetch, transport });
    for (let i = 0; i < 6; ++i) {
      if (transport === "websocket") socket().hangUp();
      await pass(20_000);
    }
    const route = { websocket: [], events: ["GET events"], polling: ["GET poll"] }[transport];
    assert.deepEqual([...new Set(web.paths())], route);
    assert.equal(sockets().length > before, transport === "websocket");
    room.close();
  }
});

test("without a WebSocket class the other ways are tried at once", async () => {
  const stream = eventStream();
  const room = enter({ WebSocket: false, fetch: server(() => stream.response).fetch });
  await settle();
  stream.say(welcome(0));
  await settle();
  assert.equal(room.transport, "events");
});

test("a stream of which only the beginning gets through is given up for polling, if nobody here says anything either", async () => {
  const stream = eventStream();
  const web = server((request) => (routeOf(request) === "events" ? stream.response : request.url.searchParams.has("wait") ? undefined : json([welcome(2, [2])])));
  const room = enter({ fetch: web.fetch });
  await refuseSockets();
  stream.write(": welcome\n\n");
  stream.say(welcome(1, [1]));
  await pass(2000);
  stream.say(presence(BEN));
  await pass(44_000, 1000);
  assert.deepEqual([room.status, room.transport], ["open", "events"]);
  await pass(2000);
  assert.deepEqual([room.status, room.transport], ["open", "polling"]);
  assert.deepEqual(room.ids(), [1, 2]);
});

test("a room that does not send back what one says oneself is no held up stream", async () => {
  const stream = eventStream();
  const web = server((request) => (routeOf(request) === "events" ? stream.response : json({ type: "ack", ack: request.body.ack, id: 2 })));
  const room = enter({ fetch: web.fetch, transport: "events" });
  await settle();
  stream.say(welcome(1, [1]));
  await settle();
  assert.equal(await room.send("not for me"), 2);
  stream.say({ type: "ack", ack: 1, id: 2 });
  await pass(20_000);
  stream.say(message(3));
  await settle();
  assert.deepEqual([room.status, room.transport], ["open", "events"]);
  assert.deepEqual(room.ids(), [1, 3]);
  assert.equal(room.all("status").filter(({ status }) => status === "open").length, 1);
});

test("a POST that hangs holds up the others no longer than it is waited for, and what was given up is not sent", async () => {
  const web = server((request) => {
    if (routeOf(request) === "poll") return request.url.searchParams.has("wait") ? undefined : json([welcome(0)]);
    return request.body.message === "hangs" ? undefined : json({ type: "ack", ack: request.body.ack, id: 1 });
  });
  const room = enter({ fetch: web.fetch, transport: "polling", ackTimeout: 10_000 });
  await room.ready();
  const said = ["hangs", "behind it"].map((text) => room.send(text));
  await pass(5000);
  said.push(room.send("later"));
  const codes = Promise.allSettled(said);
  await pass(6000);
  assert.deepEqual((await codes).map(({ value, reason }) => value ?? reason.code), ["timeout", "timeout", 1]);
  assert.deepEqual(web.requests.filter(({ body }) => body).map(({ body }) => body.message), ["hangs", "later"]);
});

test("one transport's refusal is not the last word, that of all of them is", async () => {
  for (const [polling, expected] of [[json([welcome(1, [1])]), "open"], [text(403, "No.\n"), "closed"]]) {
    const web = server((request) => (routeOf(request) === "events" ? text(403, "<html>blocked by policy</html>") : request.url.searchParams.has("wait") ? undefined : polling));
    const room = enter({ fetch: web.fetch });
    await refuseSockets();
    await settle();
    await settle();
    assert.equal(room.status, expected);
    if (expected === "closed") assert.deepEqual(room.all("status").at(-1), { status: "closed", transport: null, code: 403, reason: "No." });
    else assert.equal(room.transport, "polling");
    room.close();
  }
});

/** Opens the newest WebSocket, and cuts it after `ms`. */
async function cutSocket(ms = 300, code = 1006) {
  socket().say(welcome(0));
  tick(ms);
  socket().hangUp(code);
  await settle();
}

/** Until the next WebSocket is tried; or an event stream, a poll, if that is sooner. */
async function untilNextAttempt(room) {
  while (room.status === "waiting") await pass(250);
}

test("a WebSocket that opens and is cut at once, three times in a row, is left for an event stream", async () => {
  const stream = eventStream();
  const web = server((request) => (routeOf(request) === "events" ? stream.response : undefined));
  const room = enter({ fetch: web.fetch });
  for (let cut = 1; cut <= 3; ++cut) {
    assert.deepEqual([sockets().length, web.requests.length], [cut, 0]);
    await cutSocket();
    if (cut < 3) await untilNextAttempt(room);
  }
  stream.say(welcome(1, [1]));
  await settle();
  assert.deepEqual([room.status, room.transport, sockets().length], ["open", "events", 3]);
  assert.deepEqual(room.ids(), [1]);
});

test("a cut WebSocket that lasted, one that the server closed, and one that broke offline say nothing against WebSockets", async () => {
  const web = server(() => undefined);
  const room = enter({ fetch: web.fetch });
  const ends = [[300], [300], [6000], [300], [300], [300, 1011], [300, 1001], [6000], [300], [300]];
  for (const [ms, code] of ends) {
    await cutSocket(ms, code);
    await untilNextAttempt(room);
  }
  const navigatorWas = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { onLine: false }, configurable: true });
  try {
    await cutSocket();
    await untilNextAttempt(room);
  } finally {
    if (navigatorWas) Object.defineProperty(globalThis, "navigator", navigatorWas);
    else delete globalThis.navigator;
  }
  assert.equal(room.transport, "websocket");
  assert.deepEqual(web.requests, []);
});

test("where WebSockets and event streams are both cut, it polls", async () => {
  let stream;
  const web = server((request) => {
    if (routeOf(request) === "events") return (stream = eventStream()).response;
    return request.url.searchParams.has("wait") ? undefined : json([welcome(1, [1])]);
  });
  const room = enter({ fetch: web.fetch });
  for (let cut = 1; cut <= 3; ++cut) {
    await cutSocket();
    await untilNextAttempt(room);
  }
  for (let cut = 1; cut <= 3; ++cut) {
    stream.say(welcome(0));
    await settle();
    assert.equal(room.transport, "events");
    await pass(250);
    stream.end();
    await settle();
    await untilNextAttempt(room);
    await settle();
  }
  assert.deepEqual([room.status, room.transport], ["open", "polling"]);
  assert.deepEqual(web.paths().filter((path) => path === "GET events").length, 3);
});

test("WebSockets that were cut are tried again after 5 min, then after twice as long, up to an hour", async () => {
  let stream;
  const web = server(() => (stream = eventStream()).response);
  const room = enter({ fetch: web.fetch });
  for (let cut = 1; cut <= 3; ++cut) {
    await cutSocket();
    await untilNextAttempt(room);
  }
  /** Breaks the stream each minute, until a WebSocket is tried; returns after how many. */
  const minutesUntilSocket = async () => {
    const before = sockets().length;
    for (let minute = 1; minute <= 90; ++minute) {
      for (const step of [30_000, 30_000]) {
        stream.say(welcome(0));
        await settle();
        assert.equal(room.transport, "events");
        await pass(step, 10_000);
      }
      stream.end();
      await settle();
      await untilNextAttempt(room);
      if (sockets().length > before) return minute;
    }
    return Infinity;
  };
  const waits = [];
  for (let i = 0; i < 6; ++i) {
    waits.push(await minutesUntilSocket());
    await cutSocket();  // one more is enough
    assert.equal(room.transport, "events");
  }
  for (const [i, least] of [5, 10, 20, 40, 60, 60].entries()) assert.ok(waits[i] >= least - 1 && waits[i] <= least, `${waits}`);

  await minutesUntilSocket();
  await cutSocket(6000);  // it lasts: as at the start
  for (let cut = 1; cut <= 3; ++cut) {
    await untilNextAttempt(room);
    assert.equal(room.transport, "websocket");
    await cutSocket();
  }
  const wait = await minutesUntilSocket();
  assert.ok(wait >= 4 && wait <= 5, `${wait}`);
});

test("a stream or a poll over which a machine has slept is given up when the page is seen again", async () => {
  for (const transport of ["events", "polling"]) {
    const listeners = {};
    globalThis.document = { hidden: false, addEventListener: (name, listener) => { listeners[name] = listener; }, removeEventListener: () => {} };
    try {
      const stream = eventStream();
      const web = server((request) => (routeOf(request) === "events" ? stream.response : request.url.searchParams.has("wait") ? undefined : json([welcome(0)])));
      const room = enter({ fetch: web.fetch, transport });
      await settle();
      if (transport === "events") stream.say(welcome(0));
      await pass(1000);
      listeners.resume();
      assert.equal(room.status, "open", "nothing has happened");
      const asleep = mock.method(Date, "now", () => 1_000_000 + 3_600_000);
      listeners.resume();
      asleep.mock.restore();
      assert.equal(room.status, "waiting");
      assert.match(room.all("status").at(-1).reason, /asleep/);
      room.close();
    } finally {
      delete globalThis.document;
    }
  }
});
