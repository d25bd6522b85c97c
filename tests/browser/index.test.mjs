import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, useSite } from "./support.mjs";

const site = useSite("chat");
const rooms = (page) => page.$$eval("#open-rooms a", (links) => links.map((link) => link.innerText.split(/\s*\n\s*/).slice(-2).join(": ")));

async function tryName(page, name) {
  await page.fill("#room-name-input", name);
  await page.press("#room-name-input", "Enter");
}

for (const start of ["", "chat/"]) {
  test(`from /${start} Enter goes to the room /${start}lobby/`, async () => {
    const page = await site.visit(start);
    await page.waitForFunction(() => document.activeElement?.id === "room-name-input");
    await page.keyboard.type("lobby");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${site.server.url}${start}lobby/`);
    await connected(page);
  });
}

test("the button goes to the room too, and spaces around the name don't matter", async () => {
  const page = await site.visit();
  await page.fill("#room-name-input", "  Tea.room_2-b ");
  await page.click("#room-name-submit");
  await page.waitForURL(`${site.server.url}Tea.room_2-b/`);
});

test("a room named chat can be entered from / although /chat/ is the index", async () => {
  const page = await site.visit();
  await tryName(page, "chat");
  await page.waitForURL(`${site.server.url}chat/chat/`);
  await connected(page);
});

test("a bad name shows what is wrong with it and stays", async () => {
  const page = await site.visit();
  const problems = {
    "": /Type the name/, "a/b": /“\/”/, "a\u202eb": /control how text is shown/, "\u200b": /shows nothing/,
    "\u3164": /shows nothing/, ["Z" + "\u0336".repeat(5)]: /accents/,
    ".": /can't be a room name/, "..": /can't be a room name/, ["x".repeat(101)]: /101 characters/,
  };
  for (const [name, problem] of Object.entries(problems)) {
    await tryName(page, name);
    assert.match(await page.textContent("#room-name-error"), problem);
    assert.equal(await page.getAttribute("#room-name-input", "aria-invalid"), "true");
    assert.equal(page.url(), site.server.url);
  }
  await page.fill("#room-name-input", "fine");
  assert.equal(await page.textContent("#room-name-error"), "");
  assert.equal(await page.getAttribute("#room-name-input", "aria-invalid"), "false");
});

test("the server has the same rule for names as the page", async () => {
  const page = await site.visit();
  const statusOf = async (name) => (await page.request.get(`${site.server.url}${name}/`)).status();
  for (const good of ["a", "Tea.room_2-b", "x".repeat(100), "tea%20room", "k%C3%A4se", "%3Cb%3E", encodeURIComponent("🎈".repeat(100))])
    assert.equal(await statusOf(good), 200, good);
  for (const bad of ["a\u202eb", "\u200b", "\u3164", "\u0085", "Z" + "\u0336".repeat(5), "x".repeat(101), "🎈".repeat(101)])
    assert.ok([400, 404].includes(await statusOf(encodeURIComponent(bad))), bad);
});

test("a room may have a name in any script, one however it is typed", async () => {
  const page = await site.visit();
  for (const name of ["房间", "a b", "user@example.org", "<b>&amp;", "50%", "caf\u00e9"]) {
    await page.goto(site.server.url);
    await tryName(page, name);
    await page.waitForURL(`${site.server.url}${encodeURIComponent(name)}/`);
    await connected(page);
    assert.equal(await page.textContent("#room-name"), name);
  }
  const decomposed = await connected(await site.visit(`${encodeURIComponent("cafe\u0301")}/`));
  await page.fill("#chat-message-input", "one room");
  await page.press("#chat-message-input", "Enter");
  await decomposed.locator("#chat-log", { hasText: "one room" }).waitFor();
});

test("open rooms are listed, the fullest first, and lead into the room; closed ones go", async () => {
  const page = await site.visit();
  await page.locator("#rooms-empty").waitFor();
  const ann = await connected(await site.visit("garden/"));
  await connected(await site.visit("garden/"));
  await connected(await site.visit("attic/"));
  await page.locator("#open-rooms", { hasText: "attic" }).waitFor();
  await page.locator("#open-rooms", { hasText: "2 people" }).waitFor();
  assert.deepEqual(await rooms(page), ["garden: 2 people", "attic: 1 person"]);

  await ann.close();
  await page.waitForFunction(() => !document.querySelector("#open-rooms").textContent.includes("2 people"));
  await page.click("[data-room=garden]");
  await page.waitForURL(`${site.server.url}garden/`);
});

test("a refresh of the list leaves the keyboard's focus where it was", async () => {
  await connected(await site.visit("quiet/"));
  const page = await site.visit();
  await page.focus("[data-room=quiet]");
  await connected(await site.visit("another/"));
  await page.locator("[data-room=another]").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.room), "quiet");
});

test("a list that can't be had, or is malformed, is a quiet note; the next good one is shown", async () => {
  await connected(await site.visit("survivor/"));
  const answers = [
    (route) => route.abort(),
    (route) => route.fulfill({ status: 500, body: "oops" }),
    (route) => route.fulfill({ body: "{\"rooms\": 7}" }),
    (route) => route.fulfill({ body: "null" }),
  ];
  for (const answer of answers) {
    const page = await site.visit("", { foreseen: /Failed to load resource/, prepare: (page) => page.route("/api/rooms", answer) });
    await page.locator("#rooms-note", { hasText: "Trying again" }).waitFor();
    await page.unroute("/api/rooms");
    await page.locator("[data-room=survivor]").waitFor();
    assert.equal(await page.textContent("#rooms-note"), "");
  }
});

test("malformed entries are left out, markup in a name stays text, and long lists are cut", async () => {
  const entries = [null, 7, {}, { name: 1, members: 1 }, { name: "no count" }, { name: "<b>bold</b>", members: 1000 },
                   ...Array.from({ length: 150 }, (_, i) => ({ name: `room-${i}`, members: 1 }))];
  const page = await site.visit("", {
    prepare: (page) => page.route("/api/rooms", (route) => route.fulfill({ body: JSON.stringify({ rooms: entries }) })),
  });
  await page.locator("#rooms-more", { hasText: "and 51 more" }).waitFor();
  assert.equal(await page.locator("#open-rooms li").count(), 100);
  assert.equal((await rooms(page))[0], "<b>bold</b>: 1000 people");
});
