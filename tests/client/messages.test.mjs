import assert from "node:assert/strict";
import { test } from "node:test";
import { ANN, BEN, connected, enter, message, presence, range, settle, socket, sockets, tick, welcome } from "./fakes.mjs";

function loseAndReturn(code = 1006) {
  socket().hangUp(code);
  tick(60_000);
  return socket();
}

test("the stored messages come first, then the live ones, each with who, when and whether it is one's own", () => {
  const room = connected({}, welcome(2, [1, 2]));
  socket().say(message(3, "mine", ANN));
  socket().say(message(4, "the server's", null));
  assert.deepEqual(room.events(), ["status", "history", "message", "message", "message", "message"]);
  assert.deepEqual(room.all("history"), [{ epoch: "e1", last: 2, count: 2, resumed: false }]);
  assert.deepEqual(room.all("message")[0], { id: 1, epoch: "e1", from: BEN, at: 1001, message: "m1", own: false, stored: true });
  assert.deepEqual(room.all("message")[2], { id: 3, epoch: "e1", from: ANN, at: 1003, message: "mine", own: true, stored: false });
  assert.equal(room.all("message")[3].from, null);
  assert.deepEqual([room.you, room.epoch, room.lastId], [ANN, "e1", 4]);
});

test("after a lost connection it asks for what came after the last it had, and has that once and in order", () => {
  const room = connected({}, welcome(3, [1, 2, 3]));
  socket().say(message(4));
  loseAndReturn();
  assert.deepEqual([socket().query.epoch, socket().query.after, socket().query.last], ["e1", "4", undefined]);
  socket().say(welcome(54, range(5, 54)));
  socket().say(message(55));
  assert.deepEqual(room.ids(), range(1, 55));
  assert.deepEqual(room.all("history")[1], { epoch: "e1", last: 54, count: 50, resumed: true });
  assert.deepEqual(room.all("message").filter(({ stored }) => stored).map(({ id }) => id), [1, 2, 3, ...range(5, 54)]);
});

test("duplicates and late frames are dropped, whether they come live or with the history", () => {
  const room = connected({}, welcome(3, [1, 2, 3]));
  for (const id of [3, 4, 4, 2, 5, 1, 5]) socket().say(message(id));
  loseAndReturn();
  socket().say(welcome(7, [3, 4, 5, 6, 7]));
  socket().say(message(6));
  socket().say(message(8));
  assert.deepEqual(room.ids(), range(1, 8));
  assert.equal(room.all("history")[1].count, 2);
});

test("an old connection that still speaks is not listened to", () => {
  const room = connected();
  const old = socket();
  const heard = old.onmessage;
  loseAndReturn();
  socket().say(welcome(1, [1]));
  heard({ data: JSON.stringify(message(2, "from the grave")) });
  heard({ data: JSON.stringify(welcome(9, [9], { epoch: "other" })) });
  assert.deepEqual(room.texts(), ["m1"]);
  assert.equal(room.epoch, "e1");
});

test("messages that this slow member was not sent are had by resuming, in their place", () => {
  const room = connected({}, welcome(1, [1]));
  socket().say(message(5));
  assert.deepEqual(room.ids(), [1]);
  assert.match(room.all("status").at(-1).reason, /2 to 4/);
  tick(1000);
  assert.equal(socket().query.after, "1");
  socket().say(welcome(6, range(2, 6)));
  socket().say(message(7));
  assert.deepEqual(room.ids(), range(1, 7));
  assert.deepEqual(room.all("error"), []);
});

test("a server that leaves gaps all the time is not connected to all the time: the gap is told of instead", () => {
  const room = connected({}, welcome(1, [1]));
  socket().say(message(3));
  tick(1000);
  socket().say(welcome(3, [3]));
  socket().say(message(5));
  assert.deepEqual(room.ids(), [1, 3, 5]);
  assert.equal(room.status, "open");
  assert.deepEqual(room.all("error").map(({ code, message }) => [code, message]), [["gap", "The messages 4 to 4 did not come."]]);
  tick(30_000);
  socket().say(message(9));
  assert.equal(room.status, "waiting");
});

test("gaps can be accepted", () => {
  const room = connected({ gaps: "accept" });
  for (const id of [2, 5, 9]) socket().say(message(id));
  assert.deepEqual(room.ids(), [2, 5, 9]);
  loseAndReturn();
  assert.equal(socket().query.after, "9");
});

test("one's own messages that the server does not send back are no gap", async () => {
  const room = connected();
  const sent = [room.send("a"), room.send("b")];
  socket().say({ type: "ack", ack: 1, id: 1 });
  socket().say({ type: "ack", ack: 2, id: 2 });
  socket().say(message(3));
  await Promise.all(sent);
  assert.deepEqual(room.ids(), [3]);
  const third = room.send("c");
  socket().say({ type: "ack", ack: 3, id: 7 });
  assert.equal(await third, 7);
  socket().say(message(5));
  assert.equal(room.status, "waiting", "4 was somebody else's");
});

test("a room that began anew is a reset: its ids count from the start, and all its messages are new", () => {
  const room = connected({}, welcome(3, [1, 2, 3]));
  loseAndReturn(1001);
  socket().say(welcome(2, [1, 2], { epoch: "e2", type: "reset" }));
  socket().say(message(3));
  assert.deepEqual(room.ids(), [1, 2, 3, 1, 2, 3]);
  assert.deepEqual(room.all("reset"), [{ epoch: "e2", last: 2, count: 2 }]);
  assert.equal(room.all("history").length, 1);
  loseAndReturn();
  assert.deepEqual([socket().query.epoch, socket().query.after], ["e2", "3"]);
});

test("a history of another epoch counts as a reset too", () => {
  const room = connected({}, welcome(3, [1, 2, 3]));
  loseAndReturn();
  socket().say(welcome(1, [1], { epoch: "e2" }));
  assert.equal(room.all("reset").length, 1);
  assert.deepEqual(room.ids(), [1, 2, 3, 1]);
});

test("away for longer than the server remembers: a reset in the same epoch, without anything doubled", () => {
  const room = connected({}, welcome(3, [1, 2, 3]));
  loseAndReturn();
  socket().say(welcome(200, [2, 3, ...range(151, 200)], { type: "reset" }));
  assert.deepEqual(room.all("reset"), [{ epoch: "e1", last: 200, count: 50 }]);
  assert.deepEqual(room.ids(), [1, 2, 3, ...range(151, 200)]);
});

test("a reset on the very first connection is only a history", () => {
  const room = connected({}, welcome(1, [1], { type: "reset" }));
  assert.deepEqual(room.all("history"), [{ epoch: "e1", last: 1, count: 1, resumed: false }]);
  assert.deepEqual(room.all("reset"), []);
});

test("without stored messages it goes on from the room's last id", () => {
  connected({}, welcome(41, []));
  loseAndReturn();
  assert.equal(socket().query.after, "41");
});

test("a connection lost before its first frame asks for the last messages again", () => {
  enter({ last: 9 });
  loseAndReturn();
  assert.deepEqual([socket().query.last, socket().query.epoch], ["9", undefined]);
});

test("what is malformed or unknown is ignored", () => {
  const room = connected({}, welcome(1, [1]));
  const seen = room.seen.length;
  const malformed = [
    "", "{", "null", "7", "\"text\"", "[]", "{}", Buffer.from([0, 255]), { type: 7 }, { type: "news" }, { type: "__proto__" },
    { type: "constructor" }, { type: "toString" },
    { type: "message" }, { type: "message", id: 2 }, { type: "message", id: "2", message: "x" }, { type: "message", id: 2.5, message: "x" },
    { type: "message", id: -1, message: "x" }, { type: "message", id: 2, message: 7 }, { type: "message", id: 2 ** 60, message: "x" },
    { type: "history" }, { type: "history", epoch: 1, last: 1, messages: [] }, { type: "history", epoch: "e1", last: 1, messages: {} },
    { type: "reset", epoch: "e9", last: "x", messages: [] },
    { type: "presence" }, { type: "presence", members: 7 }, { type: "join" }, { type: "join", member: { name: "no id" } }, { type: "leave" },
    { type: "leave", member: { id: "stranger" } }, { type: "direct", from: BEN, to: "a1" }, { type: "direct", from: BEN, message: 7 },
    { type: "signal" }, { type: "signal", from: BEN }, { type: "ack" }, { type: "ack", ack: 99, id: 1 }, { type: "error" }, { type: "error", error: [] },
    { type: "error", error: "rate_limited", ack: 99 },
  ];
  for (const frame of malformed) socket().say(frame);
  assert.deepEqual(room.seen.slice(seen), []);
  socket().say({ ...message(2, "fine"), from: { id: 7 }, at: "noon", extra: true });
  assert.deepEqual(room.all("message").at(-1), { id: 2, epoch: "e1", from: null, at: Date.now(), message: "fine", own: false, stored: false });
});

test("malformed messages within a history are left out, the others had", () => {
  const first = welcome(4, [1, 4]);
  first.messages.splice(1, 0, null, 7, {}, { id: 2 }, { id: 3, message: 3 });
  const room = connected({}, first);
  assert.deepEqual(room.ids(), [1, 4]);
});

test("nothing counts before the first frame of a connection", () => {
  const room = enter();
  for (const frame of [message(1), presence(ANN), { type: "ack", ack: 1 }, { type: "join", member: BEN }]) socket().say(frame);
  assert.deepEqual(room.events(), []);
  assert.equal(room.status, "connecting");
});

test("bytes come as bytes, and what more is known of a person with the person", () => {
  const room = connected();
  socket().say({ type: "message", id: 1, from: { ...BEN, data: "{}" }, at: 1, base64: "AP8=" });
  socket().say({ type: "message", id: 2, from: BEN, at: 1, base64: "*" });
  assert.deepEqual(room.all("message").map(({ message, from }) => [message, from]), [[new Uint8Array([0, 255]), { ...BEN, data: "{}" }]]);
});

/* ---- sending ---- */

test("send() is fulfilled with the message's id, in whatever order the acknowledgements come", async () => {
  const room = connected();
  const sent = [room.send("a"), room.send("b"), room.direct("b2", "c")];
  assert.deepEqual(socket().sent, [
    { type: "message", message: "a", ack: 1 }, { type: "message", message: "b", ack: 2 }, { type: "direct", to: "b2", message: "c", ack: 3 },
  ]);
  for (const frame of [{ ack: 2, id: 8 }, { ack: 1, id: 7 }, { ack: 2, id: 9 }, { ack: 3 }]) socket().say({ type: "ack", ...frame });
  assert.deepEqual(await Promise.all(sent), [7, 8, undefined]);
});

test("an acknowledged message leaves nothing to check", async () => {
  const room = connected({ ackTimeout: 5000 });
  const sent = room.send("a");
  socket().say({ type: "ack", ack: 1, id: 1 });
  await sent;
  tick(20_000);
  assert.deepEqual(socket().sent.map(({ type }) => type), ["message"]);
});

test("what the server refuses is rejected with its code and text; what nobody waits for is an error event", async () => {
  const room = connected();
  const sent = room.send("too much");
  socket().say({ type: "error", error: "rate_limited", message: "Slow down.", ack: 1 });
  await assert.rejects(sent, { name: "RoomError", code: "rate_limited", message: "Slow down." });
  assert.deepEqual(room.all("error"), []);
  socket().say({ type: "error", error: "malformed" });
  assert.deepEqual([room.all("error")[0].code, room.all("error")[0].message], ["malformed", "malformed"]);
});

test("while there is no connection nothing is sent, now or later", async () => {
  const room = enter();
  await assert.rejects(room.send("early"), { code: "not_connected" });
  assert.equal(room.signal({ typing: true }), false);
  socket().say(welcome());
  assert.deepEqual(socket().sent, []);
});

test("what was not acknowledged when the connection broke is rejected and never sent again", async () => {
  const room = connected();
  const sent = [room.send("a"), room.direct("b2", "b")];
  loseAndReturn();
  for (const one of sent) await assert.rejects(one, { code: "connection_lost" });
  socket().say(welcome(1, [1]));
  assert.deepEqual(socket().sent, []);
});

test("an acknowledgement for the old connection's message is not taken for the new one's", async () => {
  const room = connected();
  const old = room.send("old");
  loseAndReturn();
  await assert.rejects(old, { code: "connection_lost" });
  socket().say(welcome());
  const sent = room.send("new");
  socket().say({ type: "ack", ack: 1, id: 50 });
  socket().say({ type: "ack", ack: 2, id: 51 });
  assert.equal(await sent, 51);
});

test("a message that made it although its acknowledgement did not comes with what was missed, as one's own", async () => {
  const room = connected();
  const sent = room.send("did it?");
  loseAndReturn();
  await assert.rejects(sent, { code: "connection_lost" });
  const first = welcome(1, [1]);
  first.messages[0].from = ANN;
  socket().say(first);
  assert.equal(room.all("message")[0].own, true);
});

test("an acknowledgement that does not come is a timeout, and the connection is checked", async () => {
  const room = connected({ ackTimeout: 5000 });
  const sent = room.send("anyone?");
  tick(5000);
  await assert.rejects(sent, { code: "timeout" });
  assert.equal(socket().sent.at(-1).type, "ping");
  tick(5000);
  assert.equal(room.status, "waiting");
});

test("close() rejects what is not acknowledged", async () => {
  const room = connected();
  const sent = room.send("bye");
  room.close();
  await assert.rejects(sent, { code: "connection_lost" });
  await assert.rejects(room.send("later"), { code: "not_connected" });
});

test("signals and private messages are told of with their sender", () => {
  const room = connected();
  room.signal({ typing: true });
  assert.deepEqual(socket().sent, [{ type: "signal", signal: { typing: true } }]);
  socket().say({ type: "signal", from: BEN, signal: false });
  socket().say({ type: "direct", from: BEN, to: "a1", at: 7, message: "psst" });
  socket().say({ type: "direct", from: ANN, to: "b2", at: 8, message: "what?" });
  socket().say({ type: "direct", from: null, at: 9, message: "a word from the server" });
  socket().say({ type: "signal", from: null, signal: 1 });
  assert.deepEqual(room.all("signal"), [{ from: BEN, signal: false }, { from: null, signal: 1 }]);
  assert.deepEqual(room.all("direct"), [
    { from: BEN, to: "a1", at: 7, message: "psst", own: false }, { from: ANN, to: "b2", at: 8, message: "what?", own: true },
    { from: null, to: "a1", at: 9, message: "a word from the server", own: false },
  ]);
});

/* ---- presence ---- */

test("the presence map is right at every step: snapshot, joins, leaves, a changed name, a lost connection", () => {
  const room = enter();
  const names = () => [...room.presence.values()].map(({ name }) => name).join(" ");
  const steps = [];
  for (const event of ["join", "leave", "presence"]) room.on(event, ({ name }) => steps.push(`${event} ${name ?? ""}: ${names()}`.replace("  ", " ")));
  const CID = { id: "c3", name: "Cid" };
  socket().say(welcome());
  socket().say(presence(ANN, BEN));
  socket().say({ type: "join", member: { ...CID, since: 9 } });
  socket().say({ type: "leave", member: BEN });
  socket().say({ type: "join", member: { id: "c3", name: "Cyd", since: 9 } });
  loseAndReturn();
  assert.equal(names(), "Ann Cyd");
  socket().say(welcome());
  socket().say(presence(ANN, BEN));
  assert.deepEqual(steps, [
    "presence : Ann Ben", "join Cid: Ann Ben Cid", "presence : Ann Ben Cid", "leave Ben: Ann Cid", "presence : Ann Cid", "presence : Ann Cyd",
    "leave Cyd: Ann Ben", "join Ben: Ann Ben", "presence : Ann Ben",
  ]);
  assert.deepEqual(room.presence.get("b2"), { ...BEN, since: 5 });
});

test("a slow member that is told anew who is there, gaps accepted, sees who came and went meanwhile", () => {
  const room = enter({ gaps: "accept" });
  const steps = [];
  for (const event of ["join", "leave"]) room.on(event, ({ name }) => steps.push(`${event} ${name}`));
  const CID = { id: "c3", name: "Cid" };
  for (const frame of [welcome(), presence(ANN, BEN), message(1), message(9), presence(ANN, CID)]) socket().say(frame);
  assert.deepEqual(steps, ["leave Ben", "join Cid"]);
  assert.deepEqual([...room.presence.keys()], ["a1", "c3"]);
  assert.deepEqual([room.lastId, sockets().length], [9, 1]);
});

test("malformed people in a presence frame are left out", async () => {
  const room = connected();
  socket().say({ type: "presence", members: [null, 7, {}, { id: 7 }, { id: "x" }, ANN] });
  await settle();
  assert.deepEqual([...room.presence.keys()], ["x", "a1"]);
});

test("of very many people the server lists some and counts all", () => {
  const room = connected();
  socket().say({ ...presence(ANN, BEN), count: 5000 });
  assert.deepEqual([room.presence.size, room.count], [2, 5000]);
  socket().say({ type: "leave", member: { id: "unlisted", name: "Una" } });
  socket().say({ type: "join", member: { id: "new", name: "Nat" } });
  socket().say({ type: "leave", member: BEN });
  assert.deepEqual(room.all("presence").map(({ count }) => count), [5000, 4999, 5000, 4999]);
  assert.equal(room.all("leave")[0].name, "Una");
  socket().say(presence(ANN));
  assert.equal(room.count, 1);
});
