import assert from "node:assert/strict";
import { test } from "node:test";
import { CONNECTION_REFUSED, useSite } from "./support.mjs";

const site = useSite("echo");
const state = (page, name) => page.locator("#state").getByText(name, { exact: true }).waitFor();
const event = (page, kind) => page.locator(`#events [data-kind=${kind}]`);

async function send(page, text) {
  await page.fill("#message-input", text);
  await page.press("#message-input", "Enter");
}

test("the page connects on load and shows OPEN", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  await event(page, "open").waitFor();
  assert.match(await event(page, "open").innerText(), /\d\d:\d\d:\d\d\.\d{3}/);
});

test("what is sent comes back, and its round trip is told in ms", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  await send(page, "hello");
  await page.fill("#message-input", "by button");
  await page.click("#message-submit");
  await event(page, "message").getByText("by button").waitFor();
  assert.deepEqual(await event(page, "sent").locator(".detail").allTextContents(), ["by button", "hello"]);
  assert.deepEqual(await event(page, "message").locator(".detail").allTextContents(), ["by button", "hello"]);
  for (const roundTrip of await event(page, "message").locator(".round-trip").allTextContents()) assert.match(roundTrip, /^\d+(\.\d+)? ms$/);
  assert.match(await page.textContent("#median-round-trip"), /^\d+(\.\d+)? ms$/);
  assert.equal(await page.textContent("#echo-count"), "2");
});

test("disconnect shows CLOSED with its code, and connect opens again", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  await page.click("#disconnect");
  await state(page, "CLOSED");
  assert.match(await event(page, "close").innerText(), /code 1000\b.*wasClean true/s);
  await send(page, "too early");
  assert.match(await page.textContent("#message-note"), /Not connected/);
  assert.equal(await page.inputValue("#message-input"), "too early");

  await page.click("#connect");
  await state(page, "OPEN");
  assert.equal(await page.textContent("#message-note"), "");
  await page.press("#message-input", "Enter");
  await event(page, "message").getByText("too early").waitFor();
});

test("all four states are shown by their names", async () => {
  const page = await site.visit("", {
    prepare: async (page) => {
      await page.addInitScript(() => {
        window.seen = [];
        document.addEventListener("DOMContentLoaded", () => {
          const state = document.querySelector("#state");
          new MutationObserver(() => window.seen.push(state.textContent)).observe(state, { childList: true });
        });
      });
    },
  });
  await state(page, "OPEN");
  await page.click("#disconnect");
  await state(page, "CLOSED");
  await page.click("#connect");
  await state(page, "OPEN");
  const seen = await page.evaluate(() => window.seen);
  assert.deepEqual(seen.slice(-4), ["CLOSING", "CLOSED", "CONNECTING", "OPEN"]);
});

test("a server that goes away shows in the events, and one that is back can be connected to", async () => {
  const page = await site.visit("", { foreseen: CONNECTION_REFUSED });
  await state(page, "OPEN");
  await site.restart(async () => {
    await state(page, "CLOSED");
    await page.click("#connect");
    await event(page, "error").waitFor();
    await event(page, "close").getByText("code 1006").waitFor();
    await state(page, "CLOSED");
  });
  await page.click("#connect");
  await state(page, "OPEN");
  await send(page, "there you are");
  await event(page, "message").getByText("there you are").waitFor();
});

test("markup stays text, and odd characters come back as they went", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  const texts = ["<img src=x onerror=\"window.hit=1\">", "<script>window.hit=1</script>", "👩‍🚀 שלום 漢字"];
  for (const text of texts) await send(page, text);
  await event(page, "message").nth(2).waitFor();
  assert.deepEqual(await event(page, "message").locator(".detail").allTextContents(), texts.toReversed());
  assert.equal(await page.locator("#events :is(img, script)").count(), 0);
  assert.equal(await page.evaluate(() => window.hit), undefined);
});

test("the list keeps the newest 500 events", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  await page.evaluate(() => {
    for (let i = 1; i <= 300; ++i) {
      document.querySelector("#message-input").value = `number ${i}`;
      document.querySelector("#message-form").requestSubmit();
    }
  });
  await event(page, "message").getByText("number 300", { exact: true }).waitFor();
  assert.equal(await page.locator("#events > .event").count(), 500);
  assert.equal(await page.textContent("#echo-count"), "300");
});

test("everything can be done with the keyboard alone", async () => {
  const page = await site.visit();
  await state(page, "OPEN");
  const tabTo = async (id, key = "Tab") => {
    await page.keyboard.press(key);
    assert.equal(await page.evaluate(() => document.activeElement.id), id);
  };
  await page.keyboard.type("keys only");
  await page.keyboard.press("Enter");
  await event(page, "message").getByText("keys only").waitFor();
  await tabTo("message-submit");
  await tabTo("events");
  for (const id of ["message-submit", "message-input", "disconnect"]) await tabTo(id, "Shift+Tab");
  await page.keyboard.press("Enter");
  await state(page, "CLOSED");
  await tabTo("connect", "Shift+Tab");
  await page.keyboard.press("Enter");
  await state(page, "OPEN");
  assert.equal(await page.evaluate(() => document.activeElement.id), "connect");
});
