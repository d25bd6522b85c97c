// Lost connections and difficult networks: nothing is lost, nothing comes twice, the list of people is right.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { startProxy } from "./proxy.mjs";
import { CONNECTION_REFUSED, choosePerson, connected, connectedAgain, hears, logOf, peopleAre, say, stopClock, useSite } from "./support.mjs";

const site = useSite("chat");
const FORESEEN = new RegExp(`${CONNECTION_REFUSED.source}|Failed to load resource`);
const enter = async (path, name, options) => connected(await site.visit(path, { name, foreseen: FORESEEN, ...options }));
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => `message ${from + i}`);

let proxies = [];
async function proxy(options) {
  const started = await startProxy(site.server.port, options);
  proxies.push(started);
  return started;
}
const stopProxies = async () => { await Promise.all(proxies.splice(0).map((one) => one.stop())); };
afterEach(stopProxies);
after(stopProxies);

/** The page's own account, in the order of events: who was in the room after each. */
function recordPeople(page) {
  return page.evaluate(() => {
    const names = () => [...document.querySelectorAll("#people-list .name")].map(({ textContent }) => textContent).join(" ");
    window.peopleSteps = [names()];
    new MutationObserver(() => window.peopleSteps.push(names())).observe(document.querySelector("#people-list"), { childList: true });
  });
}

/** Says many things, and waits until they have come back. */
async function sayAll(page, texts) {
  for (const text of texts) await say(page, text);
  await hears(page, texts.at(-1));
}

/** `place`: the room. `comeBack`: until it is connected. `noticed`: the server sees that the line is lost, and so do the others. */
async function threeWindowsOneAway(place, { lose, comeBack, baseURL, noticed }) {
  const ann = await enter(place, "Ann");
  const ben = await enter(place, "Ben");
  const cid = await enter(place, "Cid", { baseURL: baseURL ?? site.server.url });
  for (const page of [ann, ben, cid]) await page.waitForFunction(() => document.querySelectorAll("#people-list .name").length === 3);
  await sayAll(ann, ["before"]);
  await hears(cid, "before");
  for (const page of [ann, cid]) await recordPeople(page);

  await lose(cid);
  await cid.waitForSelector("#connection-state[data-state=reconnecting]");
  if (noticed) await peopleAre(ann, "Ann", "Ben");
  await sayAll(ann, numbers(1, 25));
  await sayAll(ben, numbers(26, 50));
  await hears(ann, "message 50");
  assert.equal(await logOf(cid), "before");

  await comeBack(cid);
  await peopleAre(ann, "Ann", "Ben", "Cid");
  await peopleAre(cid, "Cid", "Ann", "Ben");
  await cid.locator(".missed", { hasText: "You missed 50 messages." }).waitFor();
  await sayAll(ben, ["after"]);
  const everything = ["before", ...numbers(1, 50), "after"].join("\n");
  for (const page of [ann, ben, cid]) {
    await hears(page, "after");
    assert.equal(await logOf(page), everything);
  }
  assert.equal(await cid.locator(".missed").count(), 1);
  const steps = (await ann.evaluate(() => window.peopleSteps)).filter((step, i, all) => step !== all[i - 1]);
  assert.deepEqual(steps, steps.length > 1 || noticed ? ["Ann Ben Cid", "Ann Ben", "Ann Ben Cid"] : ["Ann Ben Cid"]);
  assert.deepEqual([...new Set(await cid.evaluate(() => window.peopleSteps))], ["Cid Ann Ben"]);
  await peopleAre(ben, "Ben", "Ann", "Cid");
}

test("three windows, one loses its line while 50 messages are said: it has all of them once and in order", async () => {
  const line = await proxy();
  const comeBack = (page) => {
    line.restore();
    return connectedAgain(page);
  };
  await threeWindowsOneAway("meeting/", { noticed: true, baseURL: line.url, lose: () => line.cut(), comeBack });
});

test("the same when the browser itself is offline, which the server may not notice for a while", async () => {
  const comeBack = async (page) => {
    await page.context().setOffline(false);
    await connected(page);  // by itself: the browser tells the page
  };
  await threeWindowsOneAway("tunnel/", { lose: (page) => page.context().setOffline(true), comeBack });
});

test("what was sent into a line that broke comes back to its author, or is shown once: never neither, never both", async () => {
  const line = await proxy();
  const ben = await enter("bridge/", "Ben");
  const ann = await enter("bridge/", "Ann", { baseURL: line.url });
  for (let round = 1; round <= 3; ++round) {
    await connected(ann);
    await ann.fill("#chat-message-input", "");
    // In one turn of the page, so that the line is cut with the message on its way.
    const text = `round ${round}`;
    await ann.evaluate((value) => {
      document.querySelector("#chat-message-input").value = value;
      document.querySelector("#chat-form").requestSubmit();
    }, text);
    line.cut();
    await ann.waitForSelector("#connection-state[data-state=reconnecting]");
    line.restore();
    await connectedAgain(ann);
    await ann.waitForFunction(() => document.querySelectorAll("#pending .message").length === 0);
    await say(ben, `end of ${text}`);
    await hears(ann, `end of ${text}`);
    const [arrived, returned] = [(await logOf(ben)).split("\n").includes(text), await ann.inputValue("#chat-message-input") === text];
    assert.equal(arrived, !returned, text);
    assert.equal(await logOf(ann), await logOf(ben));
  }
});

test("a server that began anew is told of, and the talk goes on", async () => {
  const page = await enter("phoenix/", "Ann");
  await sayAll(page, ["before"]);
  await site.restart();
  await connected(page);
  await page.locator(".notice", { hasText: "the room began anew" }).waitFor();
  await sayAll(page, ["after"]);
  assert.equal(await logOf(page), "before\nafter");
});

for (const [transport, name] of [["events", "event stream"], ["polling", "polling"]]) {
  test(`by ${name} one takes part like anyone: messages, people, private ones, typing`, async () => {
    const ben = await enter(`mixed-${transport}/`, "Ben");
    const ann = await enter(`mixed-${transport}/?transport=${transport}`, "Ann");
    assert.equal(await ann.textContent("#connection-state"), `Connected by ${name}`);
    await peopleAre(ann, "Ann", "Ben");
    await peopleAre(ben, "Ben", "Ann");
    await say(ben, "from a socket");
    await hears(ann, "from a socket");
    await sayAll(ann, numbers(1, 10));
    await hears(ben, "message 10");
    assert.equal(await logOf(ann), ["from a socket", ...numbers(1, 10)].join("\n"));
    assert.equal(await logOf(ben), await logOf(ann));
    assert.equal(await ann.locator("#chat-log > .own").count(), 10);
    await choosePerson(ben, "Ann");
    await say(ben, "psst");
    await hears(ann, "psst");
    await ben.press("#chat-message-input", "Escape");
    await ann.type("#chat-message-input", "x");
    await ben.locator("#typing", { hasText: "Ann is typing" }).waitFor();
  });
}

test("through a proxy that refuses WebSockets one gets in by an event stream, and misses nothing when it breaks", async () => {
  const line = await proxy({ refuseUpgrade: true });
  const ben = await enter("office/", "Ben");
  // Its clock goes on only while it waits: so no attempt can run out of time, which would have it take the next transport.
  const ann = await site.visit("office/", { name: "Ann", foreseen: FORESEEN, baseURL: line.url, prepare: stopClock });
  await ann.waitForSelector("#connection-state[data-state=reconnecting]");
  await ann.clock.runFor(1000);
  await connected(ann);
  await ann.clock.resume();
  assert.equal(await ann.textContent("#connection-state"), "Connected by event stream");
  assert.equal(line.counts.upgrades, 2);
  await sayAll(ann, ["made it"]);
  await hears(ben, "made it");
  line.cut();
  await ann.waitForSelector("#connection-state[data-state=reconnecting]");
  await sayAll(ben, numbers(1, 20));
  line.restore();
  await connectedAgain(ann);
  await hears(ann, "message 20");
  assert.equal(await logOf(ann), ["made it", ...numbers(1, 20)].join("\n"));
});

test("through a proxy that also holds event streams back one gets in by polling", async () => {
  const line = await proxy({ refuseUpgrade: true, holdBack: Infinity });
  const ben = await enter("bunker/", "Ben");
  const ann = await enter("bunker/", "Ann", { baseURL: line.url });
  assert.equal(await ann.textContent("#connection-state"), "Connected by polling");
  await sayAll(ann, numbers(1, 5));
  await sayAll(ben, numbers(6, 10));
  await hears(ann, "message 10");
  assert.equal(await logOf(ann), numbers(1, 10).join("\n"));
  assert.ok(line.counts.polls > 1);
});

test("a stream that begins well and is then held back is left for polling, with nothing lost or doubled", async () => {
  const ben = await enter("lock/", "Ben");
  // Enough stored for the start of the stream to fill the proxy's buffer and get through.
  await sayAll(ben, numbers(1, 30).map((text) => `${text} ${"x".repeat(500)}`));
  const line = await proxy({ refuseUpgrade: true, holdBack: 1024 });
  const ann = await enter("lock/", "Ann", { baseURL: line.url, foreseen: FORESEEN });
  await say(ben, "held back");
  await say(ann, "hello?");
  await hears(ben, "hello?");
  await hears(ann, "hello?");
  assert.equal(await ann.textContent("#connection-state"), "Connected by polling");
  assert.equal(await logOf(ann), await logOf(ben));
});
