// A page that is left and comes back from the browser's back/forward cache, as it was but without its connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, hears, logOf, peopleAre, say, startClock, stopClockNow, useSite } from "./support.mjs";

const site = useSite("chat", { ignoreDefaultArgs: ["--disable-back-forward-cache"] });

for (const transport of ["websocket", "events", "polling"]) {
  test(`a page that was left and is gone back to connects anew at once by ${transport}, and has what it missed`, async () => {
    const place = `return-${transport}/`;
    const ben = await connected(await site.visit(place, { name: "Ben" }));
    const ann = await connected(await site.visit(`${place}?transport=${transport}`, {
      name: "Ann", prepare: startClock, foreseen: /WebSocket connection to .* failed/,
    }));
    await peopleAre(ben, "Ben", "Ann");
    await say(ben, "before");
    await hears(ann, "before");
    await ann.evaluate(() => {
      window.isTheSame = true;
      window.shown = [];
      addEventListener("pageshow", ({ persisted }) => window.shown.push(persisted));
    });
    await stopClockNow(ann);  // so that it does not connect because some wait is over
    await ann.goto("", { waitUntil: "commit" });
    await say(ben, "meanwhile");
    await hears(ben, "meanwhile");
    await ann.goBack({ waitUntil: "commit" });
    await hears(ann, "meanwhile");
    assert.deepEqual(await ann.evaluate(() => ({ isTheSame: window.isTheSame, shown: window.shown })), { isTheSame: true, shown: [true] });
    assert.equal(await logOf(ann), "before\nmeanwhile");
    await say(ann, "after");
    await hears(ben, "after");
    await peopleAre(ben, "Ben", "Ann");
  });
}
