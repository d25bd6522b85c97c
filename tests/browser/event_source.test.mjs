// The EventSource of the documentation, as it stands there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { until } from "../patience.mjs";
import { startProxy } from "./proxy.mjs";
import { CONNECTION_REFUSED, here, useSite } from "./support.mjs";

const site = useSite("chat");
const guide = readFileSync(path.resolve(here, "../../docs/transports.md"), "utf8");
const [, snippet] = guide.match(/```js\n(.*?new EventSource.*?)```/s);

async function post(message) {
  const answer = await fetch(new URL("send/chat/lobby/?name=Ben", site.server.url), { method: "POST", body: JSON.stringify({ message }) });
  assert.equal(answer.status, 200);
}

test("the documented event stream goes on after answers of 503 and after a restart of the server", async (t) => {
  const line = await startProxy(site.server.port);
  t.after(() => line.stop());
  const page = await site.visit("", { baseURL: line.url, bypassCSP: true, foreseen: new RegExp(`${CONNECTION_REFUSED.source}|Failed to load resource`) });
  await page.evaluate(() => { window.framesShown = []; });
  await page.addScriptTag({ content: `{ const token = "0123456789abcdef"; const show = (frame) => window.framesShown.push(frame); ${snippet} }` });
  const types = () => page.evaluate(() => window.framesShown.map(({ type }) => type));
  const texts = () => page.evaluate(() => window.framesShown.flatMap(({ messages, message }) => messages?.map((stored) => stored.message) ?? message ?? []));
  const shows = (text) => until(async () => (await texts()).includes(text), `the message ${text}`);

  await until(async () => (await types()).includes("history"), "the first frame");
  await post("before");
  await shows("before");

  line.refuse();
  await until(() => line.counts.refused >= 3, "further attempts after the first 503");
  await post("meanwhile");
  line.restore();
  await shows("meanwhile");

  await site.restart();
  await until(async () => (await types()).includes("reset"), "the reset after the restart");
  await post("after");
  await shows("after");
  assert.deepEqual(await texts(), ["before", "meanwhile", "after"]);
});
