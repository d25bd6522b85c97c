import assert from "node:assert/strict";
import { test } from "node:test";
import { CONNECTION_REFUSED, connected, hears, interceptRoom, logOf, say, startClock, stopClockNow, useSite } from "./support.mjs";

const site = useSite("chat");
const enter = async (path, options) => connected(await site.visit(path, options));
/** Enters messages, and has them sent in one go once all are entered: a flood, however slow the page is. Returns the last one's number. */
function flood(page, first, last) {
  return page.evaluate(([first, last]) => {
    const { send } = WebSocket.prototype;
    const frames = [];
    WebSocket.prototype.send = function (frame) { frames.push([this, frame]); };
    for (let i = first; i <= last; ++i) {
      document.querySelector("#chat-message-input").value = `message ${i}`;
      document.querySelector("#chat-form").requestSubmit();
    }
    WebSocket.prototype.send = send;
    for (const [socket, frame] of frames) socket.send(frame);
    return last;
  }, [first, last]);
}

/** Keeps the texts of all messages that come into the page's log, which itself forgets; texts() returns them. */
async function recordLog(page) {
  await page.evaluate(() => {
    window.texts = [];
    new MutationObserver((changes) => {
      const entries = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.(".message"));
      window.texts.push(...entries.map((entry) => entry.querySelector(".text").textContent));
    }).observe(document.querySelector("#chat-log"), { childList: true });
  });
  return { texts: () => page.evaluate(() => window.texts) };
}
const message = (id, text = `message ${id}`) => ({ type: "message", id, from: { id: "p1", name: "Pat" }, at: Date.now(), message: text });

test("two windows in the same room see each other's message, a third in another room doesn't", async () => {
  const [ann, ben, cid] = [await enter("garden/"), await enter("garden/"), await enter("kitchen/")];
  await say(ann, "hello from Ann");
  await say(ben, "hello from Ben");
  await say(cid, "alone in the kitchen");
  for (const page of [ann, ben]) {
    await hears(page, "hello from Ann");
    await hears(page, "hello from Ben");
  }
  await hears(cid, "alone in the kitchen");
  assert.equal(await logOf(cid), "alone in the kitchen");
  assert.ok(!(await logOf(ann)).includes("alone in the kitchen"));
});

test("the room is the same below / and, for clients of the tutorial's plain format, below /chat/", async () => {
  const [ann, ben] = [await enter("porch/", { name: "Ann" }), await enter("chat/porch/")];
  await say(ann, "which door?");
  await ben.waitForFunction(() => document.querySelector("#chat-log").value === "which door?\n");
  await say(ben, "the simple one");
  await hears(ann, "the simple one");
  assert.deepEqual(await ann.locator("#chat-log > .message .author").allTextContents(), ["Ann", "Guest"]);
  await ben.waitForFunction(() => document.querySelector("#chat-log").value === "which door?\nthe simple one\n");
});

test("a room is one, however its name is typed into the address bar, on both pages", async () => {
  const ann = await enter(`${encodeURIComponent("caf\u00e9 \u623f\u95f4")}/`, { name: "Ann" });
  const ben = await enter(`chat/${encodeURIComponent("cafe\u0301 \u623f\u95f4")}/`);
  assert.equal(await ben.textContent("#room-name"), "caf\u00e9 \u623f\u95f4");
  await say(ben, "which accent?");
  await hears(ann, "which accent?");
});

test("as in the Django Channels tutorial: the room's name and Enter lead from /chat/ to a log with a value", async () => {
  const page = await site.visit("chat/");
  await page.keyboard.type("room_1");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/chat/room_1/");
  // The tutorial's tests type at once: what is entered before the connection is open must not be lost.
  await page.waitForFunction(() => document.activeElement?.id === "chat-message-input");
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#chat-log").value.includes("hello"));
  assert.equal(await page.inputValue("#chat-message-input"), "");
});

test("the page says where it is, and has the keyboard's focus in the message field", async () => {
  const page = await enter("tea.room-2_b/");
  assert.match(await page.title(), /tea\.room-2_b/);
  assert.equal(await page.textContent("h1"), "tea.room-2_b");
  assert.equal(await page.textContent("#connection-state"), "Connected");
  assert.equal(await page.evaluate(() => document.activeElement.id), "chat-message-input");
});

test("a reload keeps working", async () => {
  const [ann, ben] = [await enter("attic/"), await enter("attic/")];
  await ann.reload();
  await connected(ann);
  await say(ann, "back again");
  await hears(ben, "back again");
  await say(ben, "welcome");
  await hears(ann, "welcome");
});

test("a restart of the server is survived: reconnecting, connected, and messages flow again", async () => {
  const [ann, ben] = [await enter("cellar/", { foreseen: CONNECTION_REFUSED }), await enter("cellar/", { foreseen: CONNECTION_REFUSED })];
  await say(ann, "before");
  await hears(ben, "before");

  await site.restart(async () => {
    await ann.waitForSelector("#connection-state[data-state=reconnecting]");
    assert.match(await ann.textContent("#connection-state"), /^Reconnecting/);
    assert.equal(await ann.getAttribute("#chat-message-submit", "aria-disabled"), "true");
    await say(ann, "typed while away");
    assert.match(await ann.textContent("#composer-note"), /Not connected/);
    assert.equal(await ann.inputValue("#chat-message-input"), "typed while away");
  });

  await Promise.all([connected(ann), connected(ben)]);
  await ann.locator(".notice", { hasText: "Offline" }).waitFor();
  assert.equal(await ann.textContent("#composer-note"), "");
  await ann.press("#chat-message-input", "Enter");
  await hears(ben, "typed while away");
  await say(ben, "after");
  await hears(ann, "after");
  assert.equal(await logOf(ann), "before\ntyped while away\nafter");
});

test("Try now, a network that is back, and a tab that is looked at again each end the waiting", async () => {
  const hints = [
    (page) => page.click("#retry-now"),
    (page) => page.evaluate(() => dispatchEvent(new Event("online"))),
    (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))),
  ];
  for (const hint of hints) {
    let line;
    const page = await enter("hall/", {
      prepare: async (page) => {
        await startClock(page);
        line = await interceptRoom(page);
      },
    });
    await stopClockNow(page);  // so that the hint is what ends the waiting
    await line.hangUp(1001, "away");
    await page.locator("#connection-state[data-state=reconnecting]", { hasText: /in \d+ s/ }).waitFor();
    await hint(page);
    assert.doesNotMatch(await page.textContent("#connection-state"), /in \d+ s/);
    await connected(page);
  }
});

test("a room that the server closes for good says so, and is entered again only on request", async () => {
  let line;
  const page = await enter("vault/", { prepare: async (page) => { line = await interceptRoom(page); } });
  await line.hangUp(1008, "members only");
  await page.waitForSelector("#connection-state[data-state=closed]");
  assert.equal(await page.textContent("#connection-state"), "Closed by the server: members only");
  await page.click("#retry-now");
  await connected(page);
});

test("markup in a message stays text", async () => {
  const [ann, ben] = [await enter("studio/"), await enter("studio/")];
  const nasty = ["<img src=x onerror=\"window.hit=1\">", "<script>window.hit=1</script>", "</div><b>bold</b>", "&lt;tag&gt;"];
  for (const text of nasty) await say(ann, text);
  for (const page of [ann, ben]) {
    await hears(page, nasty.at(-1));
    assert.equal(await logOf(page), nasty.join("\n"));
    assert.equal(await page.locator("#chat-log :is(img, script, b)").count(), 0);
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }
});

test("line breaks aside, every character comes through: emoji, right-to-left text, quotes, 4,000 letters", async () => {
  const [ann, ben] = [await enter("library/"), await enter("library/")];
  const texts = ["👩‍🚀 è ß 漢字", "שלום", "\"quoted\" \\ back\\slash", "\u2028 and \u0000 too", "x".repeat(4000)];
  for (const text of texts) await say(ann, text);
  await hears(ben, texts.at(-1));
  assert.equal(await logOf(ben), await logOf(ann));
  assert.equal(await logOf(ben), texts.join("\n"));
});

test("an empty or blank message is not sent", async () => {
  const page = await enter("void/");
  await say(page, "");
  await say(page, "   ");
  await say(page, "something");
  await hears(page, "something");
  assert.equal(await logOf(page), "something");
});

test("who sends much too fast is told so by the server, keeps what was not sent, and stays connected", async () => {
  const [ann, ben] = [await enter("rush/", { prepare: startClock }), await enter("rush/")];
  const [logOfAnn, logOfBen] = [await recordLog(ann), await recordLog(ben)];
  await stopClockNow(ann);  // acknowledgements may take as long as they like
  let sent = 0;
  do {
    sent = await flood(ann, sent + 1, sent + 250);
    await ann.waitForFunction(() => document.querySelectorAll("#pending .message").length === 0);
  } while (sent < 25_000 && await ann.locator("#composer-note.problem").count() === 0);
  await ann.locator("#composer-note.problem", { hasText: "Rate limit exceeded" }).waitFor();
  const arrived = await logOfAnn.texts();
  const kept = (await ann.inputValue("#chat-message-input")).match(/message \d+/g);
  assert.equal(arrived[0], "message 1");
  assert.equal(new Set([...arrived, ...kept]).size, sent);
  assert.equal(arrived.length + kept.length, sent);
  assert.equal(await ann.getAttribute("#connection-state", "data-state"), "open");
  await hears(ben, arrived.at(-1));
  assert.deepEqual(await logOfBen.texts(), arrived);
});

test("a message that the server refuses is explained beside the field and comes back to it", async () => {
  const refuse = (text, line) => {
    const { type, ack } = JSON.parse(text);
    if (type !== "message") return text;
    line.answer({ type: "error", error: "rate_limited", message: "At most 10 messages a second.", ack });
    return null;
  };
  const ann = await enter("office/", { prepare: (page) => interceptRoom(page, { rewrite: refuse }) });
  const ben = await enter("office/");
  await say(ann, "one too many");
  await ann.locator("#composer-note.problem", { hasText: "Not sent: At most 10 messages a second." }).waitFor();
  assert.equal(await ann.inputValue("#chat-message-input"), "one too many");
  assert.equal(await logOf(ann), "");
  assert.equal(await ann.locator("#pending .message").count(), 0);
  await say(ben, "still open?");
  await hears(ann, "still open?");
});

test("a malformed answer from the server doesn't break the page", async () => {
  let line;
  const page = await enter("workshop/", { prepare: async (page) => { line = await interceptRoom(page, { reachServer: false }); } });
  const malformed = ["", "{", "null", "7", "\"text\"", "[]", "{}", "{\"message\": 7}", "{\"type\": \"message\"}", "{\"type\": \"message\", \"id\": \"1\", \"message\": \"x\"}",
                     "{\"type\": \"presence\", \"members\": 7}", "{\"error\": []}", "{\"type\": \"news\"}", Buffer.from([0, 255])];
  for (const answer of malformed) line.answer(answer);
  line.answer(message(1, "fine again"));
  await hears(page, "fine again");
  assert.equal(await logOf(page), "fine again");
  assert.equal(await page.getAttribute("#connection-state", "data-state"), "open");
});

test("the log keeps the newest 1,000, follows them, and leaves a reader of older ones alone", async () => {
  let line;
  const page = await enter("archive/", { prepare: async (page) => { line = await interceptRoom(page, { reachServer: false }); } });
  const atBottom = () => page.waitForFunction(() => {
    const log = document.querySelector("#chat-log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  });
  for (let i = 1; i <= 2000; ++i) line.answer(message(i));
  await hears(page, "message 2000");
  assert.equal(await page.locator("#chat-log .message").count(), 1000);
  assert.match(await logOf(page), /^message 1001\n/);
  await atBottom();

  await page.hover("#chat-log");
  await page.mouse.wheel(0, -2000);
  // At rest: not moved for some frames, for the browser may scroll smoothly.
  await page.waitForFunction(() => {
    const log = document.querySelector("#chat-log");
    window.restingFrames = log.scrollTop === window.knownTop ? window.restingFrames + 1 : 0;
    window.knownTop = log.scrollTop;
    return window.restingFrames > 10 && !log.classList.contains("following");
  });
  const middle = () => page.evaluate(() => document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest(".message")?.querySelector(".text").textContent);
  const read = await middle();
  line.answer(message(2001));
  line.answer(message(2002));
  await page.locator("#new-messages", { hasText: "2 new messages" }).waitFor();
  assert.equal(await middle(), read);

  await page.click("#new-messages");
  await atBottom();
  await page.waitForSelector("#new-messages", { state: "hidden" });
  line.answer(message(2003));
  await hears(page, "message 2003");
  await atBottom();
});

test("everything can be done with the keyboard alone, and the focus is always visible", async () => {
  await enter("pantry/");
  const page = await site.visit("", { name: "Kay" });
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) throw new Error(`no visible focus on ${element.outerHTML}`);
    return element.id || element.className || element.dataset.room;
  });
  const tabTo = async (id, key = "Tab") => {
    await page.keyboard.press(key);
    assert.equal(await focused(), id);
  };
  await page.locator("[data-room=pantry]").waitFor();
  assert.equal(await focused(), "room-name-input");
  await tabTo("room-name-submit");
  await tabTo("pantry");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/pantry/");
  await connected(page);

  assert.equal(await focused(), "chat-message-input");
  await page.keyboard.type("no mouse here");
  await tabTo("chat-message-submit");
  await page.keyboard.press("Space");
  await hears(page, "no mouse here");
  assert.equal(await focused(), "chat-message-input");
  await tabTo("chat-log", "Shift+Tab");
  await tabTo("back", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(site.server.url);
  assert.equal(await focused(), "room-name-input");
});
