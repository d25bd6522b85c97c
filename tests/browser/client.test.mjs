// roompp.js on its own, in a browser, on pages that are not the chat's.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { chatPages, here, interceptRoom, startServer, useSite } from "./support.mjs";

const site = useSite("chat");

/** A page that makes rooms, with `enter(name, options)`, which note what they are told. */
async function blank(options) {
  const page = await site.visit("", options);
  await page.evaluate(async () => {
    const { Room } = await import("/roompp.js");
    window.enter = (room, options) => {
      const entered = new Room(`/ws/chat/${room}/`, options);
      entered.texts = [];
      entered.on("message", ({ message }) => entered.texts.push(message));
      return entered;
    };
  });
  return page;
}

test("the page in the documentation works as it stands", async (t) => {
  const guide = readFileSync(path.resolve(here, "../../docs/browser_client.md"), "utf8");
  const pages = mkdtempSync(path.join(tmpdir(), "pages-"));
  cpSync(chatPages, pages, { recursive: true });
  writeFileSync(path.join(pages, "room.html"), guide.match(/```html\n(.*?)```/s)[1]);
  const server = await startServer("chat", 0, ["--pages", pages]);
  t.after(async () => {
    await server.stop();
    rmSync(pages, { recursive: true });
  });
  const visit = () => site.visit("documented/", { baseURL: server.url, foreseen: /404/ });  // it has no icon
  const [one, other] = [await visit(), await visit()];
  for (const page of [one, other]) await page.waitForFunction(() => document.querySelector("#people").value === "2");
  assert.equal(await one.textContent("#status"), "open");
  await one.fill("#text", "as documented");
  await one.click("button");
  await other.locator("#log li", { hasText: "Ann: as documented" }).waitFor();
  await one.waitForFunction(() => document.querySelector("#text").value === "");
});

test("three rooms in one page: the same person in two of one's own, another one in a third", async () => {
  const page = await blank();
  const result = await page.evaluate(async () => {
    const all = [window.enter("own-1", { name: "Ann" }), window.enter("own-1", { name: "Ann" }), window.enter("own-1", { name: "Ben", client: "b".repeat(20) })];
    await Promise.all(all.map((room) => room.ready()));
    const [ann, twin, ben] = all;
    const seen = new Promise((resolve) => { twin.on("message", ({ id, own }) => resolve([id, own])); });
    const direct = new Promise((resolve) => { ben.on("direct", ({ from, message }) => resolve([from.name, message])); });
    const twinDirect = new Promise((resolve) => { twin.on("direct", ({ own }) => resolve(own)); });
    const signal = new Promise((resolve) => { ben.on("signal", ({ from, signal }) => resolve([from.name, signal])); });
    const id = await ann.send("hello");
    await ann.direct(ben.you.id, "psst");
    ann.signal({ any: ["JSON", 1, null] });
    const missing = await ann.direct("nobody", "x").catch(({ name, code }) => [name, code]);
    return {
      id, seen: await seen, direct: await direct, twinDirect: await twinDirect, signal: await signal, missing,
      same: ann.you.id === twin.you.id, other: ann.you.id !== ben.you.id, people: [...ben.presence.values()].map(({ name }) => name).sort(), count: ben.count,
    };
  });
  assert.deepEqual(result, {
    id: 1, seen: [1, true], direct: ["Ann", "psst"], twinDirect: true, signal: ["Ann", { any: ["JSON", 1, null] }], missing: ["RoomError", "no_such_person"],
    same: true, other: true, people: ["Ann", "Ben"], count: 2,
  });
});

test("1,000 messages from three senders at once come to all in one order", async () => {
  const page = await blank();
  const orders = await page.evaluate(async () => {
    const rooms = [0, 1, 2].map((i) => window.enter("own-2", { name: `N${i}`, client: String(i).repeat(20) }));
    await Promise.all(rooms.map((room) => room.ready()));
    const total = 999;
    const done = rooms.map((room) => new Promise((resolve) => { room.on("message", () => { if (room.texts.length === total) resolve(); }); }));
    // As fast as they are acknowledged, a few at a time: the server bounds how fast one may send.
    await Promise.all(rooms.map(async (room, who) => {
      for (let i = 0; i < total / 3; ++i) {
        for (;;) {
          const sent = await room.send(`${who}-${i}`).then(() => true, ({ code }) => { if (code !== "rate_limited") throw new Error(code); return false; });
          if (sent) break;
          await new Promise((resolve) => { setTimeout(resolve, 50); });
        }
      }
    }));
    await Promise.all(done);
    return rooms.map(({ texts }) => texts);
  });
  assert.deepEqual(orders[1], orders[0]);
  assert.deepEqual(orders[2], orders[0]);
  for (const who of [0, 1, 2]) {
    assert.deepEqual(orders[0].filter((text) => text.startsWith(`${who}-`)), Array.from({ length: 333 }, (_, i) => `${who}-${i}`));
  }
});

test("a reload is the same person, another tab is another one", async () => {
  const id = (page) => page.evaluate(async () => {
    const room = window.enter("own-3");
    await room.ready();
    return room.you.id;
  });
  const page = await blank();
  const first = await id(page);
  await page.reload();
  await page.evaluate(async () => {
    const { Room } = await import("/roompp.js");
    window.enter = (room) => new Room(`/ws/chat/${room}/`);
  });
  assert.equal(await id(page), first);
  assert.notEqual(await id(await blank()), first);
});

test("where storage is forbidden it works all the same", async () => {
  const page = await blank({
    prepare: (page) => page.addInitScript(() => {
      Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
    }),
  });
  assert.equal(await page.evaluate(async () => {
    const room = window.enter("own-4");
    await room.ready();
    return room.status;
  }), "open");
});

test("an error in a listener is an error of the page, and disturbs nothing else", async () => {
  const page = await blank({ foreseen: /a listener's slip/ });
  assert.deepEqual(await page.evaluate(async () => {
    const errors = [];
    addEventListener("error", ({ message }) => errors.push(message));
    const room = window.enter("own-5");
    room.on("message", () => { throw new Error("a listener's slip"); });
    const after = new Promise((resolve) => { room.on("message", ({ message }) => resolve(message)); });
    await room.ready();
    await room.send("hi");
    return [await after, errors.length, room.status];
  }), ["hi", 1, "open"]);
});

test("a message that the server refuses is rejected with its reason", async () => {
  const answers = { rewrite: (text, line) => {
    const { ack } = JSON.parse(text);
    line.answer({ type: "error", error: "rate_limited", message: "Slow down.", ack });
    return null;
  }, reachServer: false };
  const page = await blank({ prepare: (page) => interceptRoom(page, answers) });
  assert.deepEqual(await page.evaluate(async () => {
    const room = window.enter("own-6");
    await room.ready();
    return room.send("too much").catch(({ code, message }) => [code, message]);
  }), ["rate_limited", "Slow down."]);
});
