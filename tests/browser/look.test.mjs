import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import { choosePerson, connected, hears, here, interceptRoom, say, startClock, stopClockNow, useSite } from "./support.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = process.env.SCREENSHOTS || path.join(here, "screenshots");
mkdirSync(folder, { recursive: true });

const LOOKS = ["light", "dark"].flatMap((colorScheme) => [
  { colorScheme, viewport: { width: 1280, height: 800 } },
  { colorScheme, viewport: { width: 360, height: 740 } },
]);

const TALK = [
  "Morning! Is the demo still at ten?",
  "Yes. Same room, same link.",
  "I'll bring the numbers from last night: a thousand members in one room, and the fan is still quiet. Who would have thought that one loop is enough?",
  "👏👏",
  "https://example.org/a-rather-long-address/that-has-no-place-to-break/and-goes-on-and-on-for-quite-a-while",
  "<b>Does markup work?</b>",
  "No, and that's on purpose.",
];

const CLEO = "Cleo of the rather long name, who insists on it";

/** Renders each scene in every look: no sideways scrolling, nothing for axe to complain of, and a picture for people. */
function looksRight(site, name, scene) {
  for (const look of LOOKS) {
    const label = `${name}-${look.colorScheme}-${look.viewport.width}x${look.viewport.height}`;
    test(`${label} fits its window and is accessible`, async () => {
      const page = await scene((where, options) => site.visit(where, { ...look, reducedMotion: "reduce", ...options }));
      await page.screenshot({ path: path.join(folder, `${label}.png`) });
      const sideways = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll("body *")]
        .filter((one) => one.scrollWidth > one.clientWidth && (one === document.documentElement || getComputedStyle(one).overflowY === "auto"))
        .map(({ tagName, id }) => `${tagName}#${id}`));
      assert.deepEqual(sideways, [], "scrolls sideways");
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`), []);
    });
  }
}

describe("chat", () => {
  const site = useSite("chat");
  afterEach(() => site.restart());  // rooms keep their messages for a while

  looksRight(site, "index", async (visit) => {
    for (const where of ["lobby/", "lobby/", "lobby/", "team-standup/", "team-standup/", "release_2.0/"]) await connected(await visit(where));
    const page = await visit("");
    await page.locator("#open-rooms", { hasText: "3 people" }).waitFor();
    return page;
  });

  looksRight(site, "index-problem", async (visit) => {
    const page = await visit("");
    await page.locator("#rooms-empty").waitFor();
    await page.fill("#room-name-input", "tea room");
    await page.press("#room-name-input", "Enter");
    return page;
  });

  looksRight(site, "room", async (visit) => {
    const ann = await connected(await visit("team-standup/", { name: "Ann" }));
    const ben = await connected(await visit("team-standup/", { name: "بن" }));
    const page = await connected(await visit("team-standup/", { name: CLEO }));
    for (const [i, text] of TALK.entries()) {
      const author = [ann, ben, page][i % 3];
      await say(author, text);
      await hears(page, text);
    }
    await page.locator("#people-list .name", { hasText: "بن" }).waitFor({ state: "attached" });
    await choosePerson(ben, CLEO);
    await say(ben, "מה שלומך? (only for you)");
    await hears(page, "מה שלומך? (only for you)");
    await ann.type("#chat-message-input", "I");
    await page.locator("#typing", { hasText: "Ann is typing" }).waitFor();
    return page;
  });

  looksRight(site, "room-people", async (visit) => {
    for (const name of ["Ann", "Ben", "W".repeat(50)]) await connected(await visit("team-standup/", { name }));
    const page = await connected(await visit("team-standup/", { name: "Cleo" }));
    await page.locator("#people-list .name", { hasText: "Ben" }).waitFor({ state: "attached" });
    if (await page.isVisible("#people-toggle")) await page.click("#people-toggle");
    return page;
  });

  looksRight(site, "room-private", async (visit) => {
    await connected(await visit("team-standup/", { name: "Ben" }));
    const page = await connected(await visit("team-standup/", { name: "Ann" }));
    await choosePerson(page, "Ben");
    await page.fill("#chat-message-input", "psst");
    return page;
  });

  looksRight(site, "room-empty", async (visit) => connected(await visit("lobby/")));

  looksRight(site, "room-simple", async (visit) => {
    const page = await connected(await visit("chat/lobby/"));
    await say(page, "hello");
    await page.waitForFunction(() => document.querySelector("#chat-log").value !== "");
    return page;
  });

  looksRight(site, "room-reconnecting", async (visit) => {
    let line;
    const ann = await connected(await visit("team-standup/", { name: "Ann" }));
    const page = await connected(await visit("team-standup/", {
      name: "Ben",
      prepare: async (page) => {
        await startClock(page);
        line = await interceptRoom(page);
      },
    }));
    for (const text of TALK.slice(0, 3)) await say(ann, text);
    await hears(page, TALK[2]);
    await stopClockNow(page);  // so that it waits until it has been seen to
    await line.hangUp(1001, "restart");
    await page.waitForSelector("#connection-state[data-state=reconnecting]");
    await say(ann, TALK[3]);
    await page.clock.runFor(1000);
    await hears(page, TALK[3]);
    await page.fill("#chat-message-input", "typed before it was lost");
    await line.hangUp(1001, "restart");
    await page.locator("#connection-state", { hasText: /in \d+ s/ }).waitFor();
    await page.clock.resume();
    return page;
  });
});

describe("echo", () => {
  const site = useSite("echo");

  looksRight(site, "echo", async (visit) => {
    const page = await visit("");
    const state = (name) => page.locator("#state").getByText(name, { exact: true }).waitFor();
    await state("OPEN");
    await page.click("#disconnect");
    await state("CLOSED");
    await page.click("#connect");
    await state("OPEN");
    for (const text of ["hello", "A longer message, to see how it wraps when there is little room for it on a phone."]) {
      await page.fill("#message-input", text);
      await page.press("#message-input", "Enter");
      await page.locator("#events [data-kind=message]", { hasText: text }).waitFor();
    }
    return page;
  });
});
