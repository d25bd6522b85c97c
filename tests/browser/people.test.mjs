// What the room page shows of people: names, presence, typing, private messages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePerson, connected, hears, interceptRoom, logOf, peopleAre, say, startClock, stopClockNow, useSite } from "./support.mjs";

const site = useSite("chat");
const enter = async (path, name, options) => connected(await site.visit(path, { name, ...options }));
const person = (page, name) => page.locator("#people-list .name").getByText(name, { exact: true });
const people = (page) => page.locator("#people-list .name").allTextContents();
const notice = (page, text) => page.locator("#chat-log > .notice").getByText(text, { exact: true }).first();
const typing = (page, text) => page.waitForFunction((expected) => document.querySelector("#typing").textContent === expected, text);
const spoken = (page, text) => page.waitForFunction((expected) => document.querySelector("#announcer").textContent === expected, text);

/** The page as it is while another tab is in front, and again when it is not. */
function setHidden(page, hidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

test("a message shows who said it and when; one's own is marked as delivered, others' are not", async () => {
  const [ann, ben] = [await enter("yard/", "Ann"), await enter("yard/", "Ben")];
  const before = Date.now();
  await say(ann, "hello");
  for (const page of [ann, ben]) {
    await hears(page, "hello");
    assert.equal(await page.textContent("#chat-log > .message .author"), "Ann");
    assert.match(await page.textContent("#chat-log > .message time"), /\d\d:\d\d/);
    const at = Date.parse(await page.getAttribute("#chat-log > .message time", "datetime"));
    assert.ok(before <= at && at <= Date.now(), `${before}, ${at}`);
  }
  assert.equal(await ann.getAttribute("#chat-log > .message .mark", "aria-label"), "Delivered");
  assert.equal(await ben.locator("#chat-log .mark").count(), 0);
});

test("a message is shown as on its way until it is acknowledged, and then once", async () => {
  let let_go;
  const held = (text, line) => {
    if (JSON.parse(text).type !== "message") return text;
    const { ack, message } = JSON.parse(text);
    let_go = () => {
      line.answer({ type: "ack", ack, id: 1 });
      line.answer({ type: "message", id: 1, from: { id: "me", name: "Me" }, at: Date.now(), message });
    };
    return null;
  };
  const page = await enter("slow/", "Me", { prepare: (page) => interceptRoom(page, { rewrite: held, reachServer: false }) });
  await say(page, "patience");
  await page.locator("#pending .text", { hasText: "patience" }).waitFor();
  assert.equal(await page.getAttribute("#pending .mark", "aria-label"), "On its way");
  assert.equal(await logOf(page), "");
  let_go();
  await hears(page, "patience");
  assert.equal(await page.locator("#chat-log .text").count(), 1);
});

test("who enters sees what was said before, with its authors", async () => {
  const ann = await enter("den/", "Ann");
  await say(ann, "first");
  await say(ann, "second");
  await hears(ann, "second");
  const ben = await enter("den/", "Ben");
  await hears(ben, "second");
  assert.equal(await logOf(ben), "first\nsecond");
  assert.equal(await ben.textContent("#chat-log > .message .author"), "Ann");
  assert.equal(await ben.locator(".missed").count(), 0);
  await spoken(ben, "Connected");  // and nothing of what is only history
});

test("the list of people follows who comes and goes, oneself first, and so does the log", async () => {
  const mia = await enter("hallway/", "Mia");
  await peopleAre(mia, "Mia");
  const ann = await enter("hallway/", "Ann");
  await person(mia, "Ann").waitFor();
  await notice(mia, "Ann joined").waitFor();
  const zoe = await enter("hallway/", "Zoe");
  await peopleAre(mia, "Mia", "Ann", "Zoe");
  assert.equal(await mia.textContent("#people-title"), "People (3)");
  await peopleAre(zoe, "Zoe", "Ann", "Mia");
  await ann.close();
  await person(mia, "Ann").waitFor({ state: "detached" });
  await notice(mia, "Ann left").waitFor();
  await peopleAre(zoe, "Zoe", "Mia");
});

test("a reload is the same person, and neither a leaving nor a joining in the log", async () => {
  const ann = await enter("stairs/", "Ann", { prepare: startClock });
  const ben = await enter("stairs/", "Ben");
  await person(ann, "Ben").waitFor();
  const id = () => ann.getAttribute("#people-list button.person", "data-person");
  const before = await id();
  await ben.reload();
  await connected(ben);
  await say(ben, "here again");
  await hears(ann, "here again");
  assert.equal(await id(), before);
  await ann.clock.runFor(10_000);  // longer than a leaving is held back: to see that there is none
  assert.equal(await ann.locator(".notice", { hasText: "left" }).count(), 0);
  assert.equal(await ann.locator(".notice", { hasText: "Ben joined" }).count(), 1);
});

test("a name is asked for once, without standing in the way, and is kept", async () => {
  const page = await enter("cloakroom/");
  await say(page, "already talking");
  await hears(page, "already talking");
  assert.match(await page.textContent("#chat-log > .message .author"), /^Guest \d{4}$/);
  await page.fill("#name-input", "  Ann  ");
  await page.click("#name-submit");
  await person(page, "Ann").waitFor();
  await page.waitForSelector("#name-form", { state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "chat-message-input");
  await page.reload();
  await connected(page);
  await person(page, "Ann").waitFor();
  assert.equal(await page.isVisible("#name-form"), false);
});

test("a name that would harm the text beside it is made one that does not, typed or kept from before", async () => {
  const hidden = "\u202e\u200b\u3164";
  const ann = await enter("mirror/", "An\u202en\u2028E" + "\u0301".repeat(50));
  await peopleAre(ann, "Ann \u00c9" + "\u0301".repeat(4));
  for (const [typed, shown] of [["Bob\u2066\u0085by", /^Bob by$/], ["e\u0301", /^\u00e9$/], [hidden, /^Guest \d{4}$/], ["x".repeat(50), /^x{50}$/]]) {
    await ann.click("#change-name");
    await ann.fill("#name-input", typed);
    await ann.press("#name-input", "Enter");
    await ann.locator("#people-list .name").getByText(shown).waitFor();
    await connected(ann);
  }
  const nobody = await enter("mirror/", hidden);
  await nobody.locator("#people-list .name").getByText(/^Guest \d{4}$/).waitFor();
});

test("one who does not want to say is not asked again", async () => {
  const page = await enter("wardrobe/");
  await page.click("#name-cancel");
  await page.reload();
  await connected(page);
  assert.equal(await page.isVisible("#name-form"), false);
  await page.locator("#people-list .name").waitFor();
  assert.match((await people(page)).join(), /^Guest \d{4}$/);
});

test("a changed name is told to the others, and nothing is missed meanwhile", async () => {
  const [ann, ben] = [await enter("studio/", "Ann"), await enter("studio/", "Ben")];
  await say(ann, "before");
  await hears(ben, "before");
  await ann.click("#change-name");
  assert.equal(await ann.inputValue("#name-input"), "Ann");
  await ann.fill("#name-input", "Anna");
  await ann.press("#name-input", "Enter");
  await person(ben, "Anna").waitFor();
  await notice(ben, "Ann is now Anna").waitFor();
  await connected(ann);
  await say(ben, "hi Anna");
  await hears(ann, "hi Anna");
  await say(ann, "after");
  await hears(ben, "after");
  assert.deepEqual(await ben.locator("#chat-log > .message .author").allTextContents(), ["Ann", "Ben", "Anna"]);
  assert.equal(await logOf(ann), "before\nhi Anna\nafter");
});

test("the others see who is typing, until it is sent, deleted, or given up", async () => {
  const prepare = startClock;
  const [ann, ben, cid] = [await enter("desk/", "Ann", { prepare }), await enter("desk/", "Ben"), await enter("desk/", "Cid", { prepare })];
  await Promise.all([person(cid, "Ann").waitFor(), person(cid, "Ben").waitFor(), person(ann, "Ben").waitFor()]);
  for (const page of [ann, cid]) await stopClockNow(page);  // so that nobody's typing is given up before it is to be
  await ann.type("#chat-message-input", "he");
  await typing(cid, "Ann is typing …");
  await ben.type("#chat-message-input", "he");
  await typing(cid, "Ann and Ben are typing …");
  await typing(ann, "Ben is typing …");
  await ben.press("#chat-message-input", "Enter");
  await typing(cid, "Ann is typing …");
  await ann.fill("#chat-message-input", "");
  await typing(cid, "");
  await ann.type("#chat-message-input", "x");
  await typing(cid, "Ann is typing …");
  await cid.clock.runFor(10_000);  // no news for some seconds
  await typing(cid, "");
});

test("a private message goes to one alone, and a second one stays private", async () => {
  const [ann, ben, cid] = [await enter("nook/", "Ann"), await enter("nook/", "Ben"), await enter("nook/", "Cid")];
  await choosePerson(ann, "Ben");
  assert.match(await ann.textContent("#private-to"), /^Only to Ben/);
  assert.equal(await ann.evaluate(() => document.activeElement.id), "chat-message-input");
  await ann.type("#chat-message-input", "psst");
  await ann.press("#chat-message-input", "Enter");
  await hears(ben, "psst");
  await hears(ann, "psst");
  assert.match(await ben.textContent("#chat-log > .private .about"), /^Ann privately to you/);
  assert.match(await ann.textContent("#chat-log > .private .about"), /^Ann privately to Ben/);
  await say(ann, "still only you");
  await hears(ben, "still only you");
  await ann.press("#chat-message-input", "Escape");
  await say(ann, "for all");
  await hears(cid, "for all");
  assert.equal(await logOf(cid), "for all");
  assert.equal(await cid.textContent("#typing"), "", "what is typed privately is no one else's business");
});

test("a private message that can't be delivered comes back, and is not told to all by another Enter", async () => {
  const [ann, ben] = [await enter("alcove/", "Ann"), await enter("alcove/", "Ben")];
  await choosePerson(ann, "Ben");
  await ben.close();
  await person(ann, "Ben").waitFor({ state: "detached" });
  await say(ann, "psst");
  await ann.locator("#composer-note.problem", { hasText: "Not sent: " }).waitFor();
  assert.equal(await ann.inputValue("#chat-message-input"), "psst");
  assert.equal(await ann.isVisible("#private-to"), true);
  assert.equal(await logOf(ann), "");
});

test("the title counts what came while the page was hidden", async () => {
  const [ann, ben] = [await enter("lawn/", "Ann"), await enter("lawn/", "Ben")];
  await say(ben, "seen");
  await hears(ann, "seen");
  assert.equal(await ann.title(), "lawn · roompp");
  await setHidden(ann, true);
  await say(ben, "one");
  await say(ben, "two");
  await hears(ann, "two");
  assert.equal(await ann.title(), "(2) lawn · roompp");
  await setHidden(ann, false);
  assert.equal(await ann.title(), "lawn · roompp");
});

test("a screen reader hears who said what, a bundle at a time, and only the number when there is much", async () => {
  const [ann, ben] = [await enter("radio/", "Ann", { prepare: startClock }), await enter("radio/", "Ben")];
  await spoken(ann, "Connected");
  await say(ben, "one");
  await spoken(ann, "Ben: one");
  await stopClockNow(ann);  // so that the bundle is open for as long as they take to come
  await ben.evaluate(() => {
    for (let i = 0; i < 20; ++i) {
      document.querySelector("#chat-message-input").value = `message ${i}`;
      document.querySelector("#chat-form").requestSubmit();
    }
  });
  await hears(ann, "message 19");
  await ann.clock.runFor(1000);
  await spoken(ann, "20 new messages");
});

test("on a narrow window the people are behind a button, which the keyboard reaches and Escape closes", async () => {
  const ann = await enter("narrow/", "Ann", { viewport: { width: 360, height: 740 } });
  await enter("narrow/", "Ben");
  await person(ann, "Ben").waitFor({ state: "attached" });
  assert.equal(await ann.isVisible("#people"), false);
  await ann.focus("#people-toggle");
  await ann.keyboard.press("Enter");
  assert.equal(await ann.getAttribute("#people-toggle", "aria-expanded"), "true");
  assert.equal(await person(ann, "Ben").isVisible(), true);
  assert.equal(await ann.evaluate(() => document.activeElement.id), "change-name");
  await ann.keyboard.press("Escape");
  assert.equal(await ann.isVisible("#people"), false);
  assert.equal(await ann.evaluate(() => document.activeElement.id), "people-toggle");
  await ann.click("#people-toggle");
  await person(ann, "Ben").click();
  assert.equal(await ann.isVisible("#people"), false);
  assert.match(await ann.textContent("#private-to"), /Ben/);
});

test("markup in a name stays text, and a long name is no trouble", async () => {
  const nasty = "<img src=x onerror=\"window.hit=1\">";
  const [ann, ben] = [await enter("inn/", nasty), await enter("inn/", "W".repeat(50))];
  await person(ben, nasty).waitFor();
  await say(ann, "hello");
  await hears(ben, "hello");
  assert.equal(await ben.locator("#chat-log img, #people img").count(), 0);
  assert.equal(await ben.evaluate(() => window.hit), undefined);
  assert.ok(await ben.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
});
