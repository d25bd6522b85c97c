import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { until } from "../patience.mjs";
import { useSite } from "./support.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const site = useSite("transports");
const WAYS = ["short", "long", "events", "websocket"];
const column = (page, way) => page.locator(`.way[data-way=${way}]`);
const figure = async (page, way, name) => {
  const text = await column(page, way).locator(`[data-figure=${name}]`).textContent();
  return Number(text.replace(/[^\d.]/g, ""));
};
const hears = (page, way, text) => column(page, way).locator("li span").getByText(text, { exact: true }).first().waitFor();

let rooms = 0;
/** A visitor of a room of its own, with all four columns in it. */
async function visit(options) {
  const page = await site.visit(`?room=test-${++rooms}`, options);
  await page.fill("#interval", "100");
  await page.waitForFunction(() => [...document.querySelectorAll(".way")].every((way) =>
    Number(way.querySelector("[data-figure=requests]").textContent) > 0));
  return page;
}

async function say(page, text) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

test("what is said arrives in all four columns, once, in order, with its delay", async () => {
  const page = await visit();
  for (let i = 0; i < 5; ++i) {
    await say(page, `message ${i}`);
    await hears(page, "websocket", `message ${i}`);  // else the next request may overtake it
  }
  for (const way of WAYS) {
    await hears(page, way, "message 4");
    await column(page, way).locator(".delay").nth(4).waitFor();
    const texts = await column(page, way).locator("li span:first-child").allTextContents();
    assert.deepEqual(texts, [4, 3, 2, 1, 0].map((i) => `message ${i}`), way);
    for (const delay of await column(page, way).locator(".delay").allTextContents()) assert.match(delay, /^\d+ ms$/);
    assert.equal(await figure(page, way, "messages"), 5);
    assert.match(await column(page, way).locator("[data-figure=delay]").textContent(), /^\d+ ms$/);
  }
});

test("a message from elsewhere arrives in all four columns", async () => {
  const page = await visit();
  const room = new URL(page.url()).searchParams.get("room");
  const response = await fetch(`${site.server.url}send/chat/${room}/`, { method: "POST", body: JSON.stringify({ message: "from outside" }) });
  assert.equal(response.status, 200);
  for (const way of WAYS) await hears(page, way, "from outside");
});

test("the columns show what the server has measured", async () => {
  const page = await visit();
  await say(page, "hello");
  for (const way of WAYS) await hears(page, way, "hello");
  // The counters are asked for once a second, each on its own: wait for what they are to show.
  await until(async () => await figure(page, "short", "requests") > 20, "short polling has gone on for a while");
  for (const way of WAYS) {
    for (const name of ["up", "down", "each"]) await until(async () => await figure(page, way, name) > 100, `${way}: ${name}`);
  }
  for (const way of ["long", "events", "websocket"]) await until(async () => await figure(page, way, "open") === 1, `${way}: open`);
  assert.equal(await figure(page, "events", "requests"), 1);
  assert.equal(await figure(page, "websocket", "requests"), 1);
  assert.ok(await figure(page, "short", "requests") > await figure(page, "long", "requests"));
  assert.ok(await figure(page, "short", "up") > await figure(page, "websocket", "up"));
});

test("a button says something every second, and again nothing, and the delays are drawn", async () => {
  const page = await visit();
  await page.click("#steady");
  for (const way of WAYS) await column(page, way).locator("li").nth(1).waitFor();
  assert.equal(await page.getAttribute("#steady", "aria-pressed"), "true");
  await page.waitForFunction(() => [...document.querySelectorAll("#plot polyline")].every((line) => line.getAttribute("points").includes(" ")));
  await page.click("#steady");
  assert.equal(await page.getAttribute("#steady", "aria-pressed"), "false");
});

test("the same text said twice within an interval has two delays, each from its own sending on", async () => {
  // A short poll is held up, for an interval that is as long as the test takes.
  let goOn;
  const page = await visit();
  await new Promise((held) => {
    const released = new Promise((resolve) => { goOn = resolve; });
    void page.route((url) => url.pathname.startsWith("/poll/") && !url.searchParams.has("wait"), async (route) => {
      held();
      await released;
      await route.continue();
    });
  });
  const apart = 300;
  const delays = (way) => column(page, way).locator("li", { hasText: "again" }).locator(".delay");
  await say(page, "again");
  await delays("websocket").nth(0).waitFor();
  await page.waitForFunction((until) => performance.now() >= until, await page.evaluate(() => performance.now()) + apart);
  await say(page, "again");
  await delays("websocket").nth(1).waitFor();
  goOn();
  await delays("short").nth(1).waitFor();
  const [second, first] = (await delays("short").allTextContents()).map((text) => Number.parseInt(text));
  assert.ok(first - second >= apart - 1, `${first} ms, ${second} ms`);
});

test("what went over a WebSocket stays counted when it has ended, and who has no token is not counted", async () => {
  const page = await visit();
  const spent = await page.evaluate(async () => {
    const costs = async (client) => (await fetch(`/costs/own/?client=${client}`)).json();
    const client = "0123456789abcdef";
    const socket = new WebSocket(`/ws/chat/own/?client=${client}`.replace(/^/, `ws://${location.host}`), "roompp.v1");
    await new Promise((resolve) => { socket.onmessage = resolve; });
    const open = await costs(client);
    socket.close();
    let closed = open;
    while (closed.open > 0) closed = await costs(client);
    return { open, closed, nobody: await costs("short") };
  });
  assert.equal(spent.open.open, 1);
  assert.ok(spent.open.down > 100);
  assert.ok(spent.closed.down >= spent.open.down && spent.closed.up > spent.open.up, JSON.stringify(spent));
  assert.deepEqual(spent.nobody, { requests: 0, up: 0, down: 0, open: 0 });
});

test("a page that has lost the server goes on where it was, and shows nothing twice", async () => {
  const page = await visit({ foreseen: /./ });
  const isSending = (request) => request.url().includes("/send/chat/");
  /** @returns whether the server took it. */
  const saysAndIsTaken = async (text) => {
    const done = Promise.race([
      page.waitForEvent("requestfailed", isSending).then(() => false, () => false),
      page.waitForResponse((response) => isSending(response.request())).then((response) => response.ok()),
    ]);
    await say(page, text);
    return done;
  };
  assert.ok(await saysAndIsTaken("before"));
  for (const way of WAYS) await hears(page, way, "before");
  await site.restart();
  const said = ["before"];
  if (await saysAndIsTaken("lost or not")) said.push("lost or not");  // by a connection to the server of before, perhaps
  for (let i = 1; i <= 3; ++i) {
    assert.ok(await saysAndIsTaken(`after ${i}`));
    said.push(`after ${i}`);
  }
  for (const way of WAYS) {
    await hears(page, way, "after 3");
    const texts = await column(page, way).locator("li span:first-child").allTextContents();
    assert.deepEqual(texts.reverse(), said, way);
    assert.equal(await figure(page, way, "messages"), said.length);
  }
});

test("the page can be used by everybody, in light and dark, wide and narrow", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1400, 375]) {
      const page = await visit({ colorScheme, viewport: { width, height: 900 } });
      await say(page, "hello");
      for (const way of WAYS) await hears(page, way, "hello");
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `it scrolls sideways at ${width}`);
      assert.match(await page.locator(".way p[lang=zh]").first().textContent(), /[\u4e00-\u9fff]/);
      if (process.env.SCREENSHOTS) {
        await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `transports-${colorScheme}-${width}.png`), fullPage: true });
      }
    }
  }
});
