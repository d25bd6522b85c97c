import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ANN, connected, enter, message, settle, socket, sockets, tick, welcome } from "./fakes.mjs";

const lastStatus = (room) => room.all("status").at(-1);

test("the first attempt says who it is, speaks roompp.v1 and asks for the last messages", () => {
  enter({ name: "Ann", last: 7, client: "0123456789abcdef" });
  assert.equal(socket().url.origin + socket().url.pathname, "ws://chat.example/ws/chat/lobby/");
  assert.deepEqual(socket().protocols, ["roompp.v1"]);
  assert.deepEqual(socket().query, { client: "0123456789abcdef", name: "Ann", last: "7" });
});

test("without a token of its own a room makes one that the protocol allows", () => {
  enter();
  assert.match(socket().query.client, /^[A-Za-z0-9_-]{16,64}$/);
});

test("what can't work is refused at once, with the reason", () => {
  assert.throws(() => enter({ transport: "carrier pigeon" }), /carrier pigeon/);
  assert.throws(() => enter({ client: "short" }), /16 to 64/);
  assert.throws(() => enter({ transport: "websocket", WebSocket: false }), /no WebSocket/);
  const room = connected();
  assert.throws(() => room.on("mesage", () => {}), /"mesage".*message/);
});

test("connecting, open, waiting and closed are told, with transport and reason", () => {
  const room = enter();
  assert.equal(room.status, "connecting");
  socket().say(welcome());
  assert.deepEqual([room.status, room.transport], ["open", "websocket"]);
  socket().hangUp(1001, "restart");
  assert.deepEqual(lastStatus(room), { status: "waiting", transport: null, code: 1001, reason: "restart", retryAt: Date.now() + 375 });
  tick(375);
  assert.equal(room.status, "connecting");
  socket().say(welcome());
  room.close();
  assert.equal(lastStatus(room).status, "closed");
  assert.equal(socket().closedHere, true);
});

test("waits double with each failure up to the longest, and are spread at random", () => {
  const room = enter({ transport: "websocket", firstRetry: 1000, longestRetry: 5000 });
  const waits = () => {
    socket().hangUp();
    const wait = lastStatus(room).retryAt - Date.now();
    tick(wait - 1);
    const before = sockets().length;
    tick(1);
    assert.equal(sockets().length, before + 1);
    return wait;
  };
  assert.deepEqual([waits(), waits(), waits(), waits(), waits()], [750, 1500, 3000, 3750, 3750]);
  mock.method(Math, "random", () => 0);
  assert.equal(waits(), 2500);
  mock.method(Math, "random", () => 0.999999);
  assert.ok(waits() > 4999);
});

test("only a connection that lasts ends the back-off: a server that accepts and closes at once is not hammered", () => {
  const room = enter({ firstRetry: 1000, transport: "websocket" });
  const waitAfter = (ms) => {
    socket().say(welcome());
    tick(ms);
    socket().hangUp(1011);
    const wait = lastStatus(room).retryAt - Date.now();
    tick(wait);
    return wait;
  };
  assert.deepEqual([waitAfter(0), waitAfter(0), waitAfter(4000), waitAfter(6000)], [750, 1500, 3000, 750]);
});

for (const code of [1001, 1005, 1006, 1009, 1011, 1012, 1013]) {
  test(`after close code ${code} it connects again`, () => {
    const room = connected();
    socket().hangUp(code);
    assert.equal(room.status, "waiting");
    tick(60_000);
    assert.equal(sockets().length > 1, true);
  });
}

for (const code of [1000, 1008, 4000, 4403, 4999]) {
  test(`after close code ${code} it does not, until asked to`, () => {
    const room = connected();
    socket().hangUp(code, "out");
    tick(600_000);
    assert.equal(sockets().length, 1);
    assert.deepEqual(lastStatus(room), { status: "closed", transport: null, code, reason: "out" });
    room.reconnect();
    assert.equal(sockets().length, 2);
  });
}

test("a server that is full (1013) is given 5 s at least", () => {
  const room = connected();
  socket().hangUp(1013);
  assert.ok(lastStatus(room).retryAt - Date.now() >= 5000);
});

test("an attempt that gets no answer ends after a time, and what it gets later is ignored", () => {
  const room = enter({ connectTimeout: 3000 });
  const slow = socket();
  tick(3000);
  assert.equal(room.status, "waiting");
  assert.equal(slow.closedHere, true);
  slow.say(welcome(1, [1]));
  slow.hangUp(1008);
  assert.equal(room.status, "waiting");
  assert.deepEqual(room.ids(), []);
});

test("reconnect() ends the waiting, and does nothing while connected", () => {
  const room = connected();
  room.reconnect();
  assert.equal(sockets().length, 1);
  socket().hangUp();
  room.reconnect();
  assert.equal(sockets().length, 2);
  socket().say(welcome());
  tick(5000);
  assert.equal(sockets().length, 2, "the timer of the wait is gone");
});

test("after 30 s of silence the server is asked whether it is there; any frame is an answer", async () => {
  const room = connected({ keepAlive: 30_000, ackTimeout: 10_000 });
  tick(30_000);
  assert.equal(socket().sent.at(-1).type, "ping");
  socket().say({ type: "error", error: "unknown_type", message: "?", ack: socket().sent.at(-1).ack });
  tick(10_000);
  assert.equal(room.status, "open");
  assert.deepEqual(room.all("error"), []);
  tick(30_000);
  assert.equal(socket().sent.length, 2);
  tick(10_000);
  assert.equal(room.status, "waiting");
});

test("a connection on which something is heard is not asked", () => {
  connected({ keepAlive: 30_000 });
  for (let i = 1; i <= 10; ++i) {
    tick(20_000);
    socket().say(message(i));
  }
  assert.deepEqual(socket().sent, []);
});

/** Calls `action` in what looks like a page, with what it listens to, by the event's name. */
function inPage(action) {
  const listeners = {};
  const windowWas = { addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
  globalThis.addEventListener = (name, listener) => { listeners[name] = listener; };
  globalThis.removeEventListener = (name) => { delete listeners[name]; };
  globalThis.document = { hidden: true, addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
  try {
    action(listeners);
  } finally {
    Object.assign(globalThis, windowWas);
    delete globalThis.document;
  }
}

test("the network's return and a page that is looked at again end the waiting, or have an open connection checked", () => {
  inPage((listeners) => {
    const room = connected();
    listeners.online();
    assert.deepEqual(socket().sent.map(({ type }) => type), ["ping"]);
    socket().hangUp();
    listeners.visibilitychange();
    assert.equal(room.status, "waiting", "the page is hidden");
    document.hidden = false;
    listeners.visibilitychange();
    assert.equal(room.status, "connecting");
    socket().hangUp();
    listeners.online();
    assert.equal(room.status, "connecting");
    room.close();
    assert.deepEqual(listeners, {});
  });
});

test("a page from the back/forward cache connects anew at once, and resumes; one that was only loaded does not", () => {
  inPage((listeners) => {
    const room = connected({}, welcome(2, [1, 2]));
    listeners.pageshow({ persisted: false });
    assert.equal(sockets().length, 1);
    listeners.pageshow({ persisted: true });  // the browser has closed the WebSocket without telling
    assert.deepEqual([sockets().length, sockets()[0].closedHere, room.status], [2, true, "connecting"]);
    assert.deepEqual([socket().query.epoch, socket().query.after], ["e1", "2"]);
    socket().say(welcome(3, [3]));
    assert.deepEqual(room.ids(), [1, 2, 3]);
    socket().hangUp();
    assert.equal(room.status, "waiting");
    listeners.pageshow({ persisted: true });
    assert.deepEqual([sockets().length, room.status], [3, "connecting"]);
    socket().say(welcome(3));
    tick(60_000);
    assert.equal(sockets().length, 3, "the timers from before are gone");
    socket().hangUp(1000);
    listeners.pageshow?.({ persisted: true });
    assert.deepEqual([sockets().length, room.status], [3, "closed"]);
  });
});

test("a page that was frozen has its connection checked, and connects anew if it is not answered or closed already", () => {
  inPage((listeners) => {
    const room = connected({ ackTimeout: 10_000 });
    listeners.resume();
    assert.deepEqual(socket().sent.map(({ type }) => type), ["ping"]);
    socket().say({ type: "error", error: "unknown_type", message: "?", ack: socket().sent[0].ack });
    tick(10_000);
    assert.equal(room.status, "open");
    listeners.resume();
    tick(10_000);
    assert.equal(room.status, "waiting");
    tick(1000);
    socket().say(welcome());
    socket().readyState = 3;  // closed, of which no event has come yet
    listeners.resume();
    assert.equal(room.status, "waiting");
  });
});

test("ready() waits for the connection, and is rejected once there will be none", async () => {
  const room = enter();
  const ready = room.ready();
  socket().hangUp();
  tick(1000);
  socket().say(welcome());
  await ready;
  await room.ready();
  socket().hangUp(1000);
  await assert.rejects(room.ready(), { name: "RoomError", code: "closed" });
});

test("a new name is a new connection that resumes, once what was sent is acknowledged", async () => {
  const room = connected({ name: "Ann" });
  const sent = room.send("hi");
  const renamed = room.rename("Anna");
  await settle();
  assert.equal(sockets().length, 1);
  socket().say(message(1, "hi", ANN));
  socket().say({ type: "ack", ack: 1, id: 1 });
  assert.equal(await sent, 1);
  await renamed;
  assert.deepEqual([sockets().length, socket().query.name, socket().query.after], [2, "Anna", "1"]);
  assert.equal(sockets()[0].closedHere, true);
});

test("of two new names in a row the last counts, and while there is no connection the next one takes it", async () => {
  const room = connected({ name: "Ann" });
  await Promise.all([room.rename("Bea"), room.rename("Cleo")]);
  assert.deepEqual(sockets().map(({ query }) => query.name), ["Ann", "Cleo"]);
  socket().say(welcome());
  socket().hangUp();
  await room.rename("Dora");
  assert.equal(sockets().length, 2);
  tick(1000);
  assert.equal(socket().query.name, "Dora");
});

test("a listener that throws is reported, and disturbs neither the others nor the room", () => {
  const reported = mock.method(console, "error", () => {});
  const room = enter();
  room.on("message", () => { throw new Error("a listener's slip"); });
  const heard = [];
  room.on("message", ({ id }) => heard.push(id));
  socket().say(welcome(2, [1, 2]));
  socket().say(message(3));
  assert.deepEqual(heard, [1, 2, 3]);
  assert.equal(reported.mock.callCount(), 3);
});

test("a listener can be taken off, and the room closed by one", () => {
  const room = enter();
  const heard = [];
  const off = room.on("message", ({ id }) => {
    heard.push(id);
    if (id === 1) off();
  });
  room.on("message", ({ id }) => { if (id === 2) room.close(); });
  socket().say(welcome(3, [1, 2, 3]));
  assert.deepEqual(heard, [1]);
  assert.deepEqual(room.ids(), [1, 2]);
  assert.equal(room.status, "closed");
});

test("a WebSocket that can't even be made is a failed attempt", async () => {
  class Forbidden { constructor() { throw new Error("the policy forbids it"); } }
  const room = enter({ WebSocket: Forbidden, transport: "websocket" });
  await settle();
  assert.equal(room.status, "waiting");
  assert.match(lastStatus(room).reason, /forbids/);
});
