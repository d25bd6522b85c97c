// Real servers and a real browser for the tests: each test says what people do, this file how it is done.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { patience } from "../patience.mjs";

export const here = path.dirname(fileURLToPath(import.meta.url));
const examples = path.resolve(here, "../../examples");

const CHROMIUM_ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** What a browser itself writes to the console when nobody listens at the server's port. */
export const CONNECTION_REFUSED = /WebSocket connection to .* failed|net::ERR_/;

function withinTime(promise, description) {
  let timer;
  const ms = patience();
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${description} took over ${ms} ms`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function binaryOf(kind) {
  const variable = `${kind.toUpperCase()}_SERVER`;
  assert.ok(process.env[variable], `set ${variable} to the path of the ${kind} server's executable`);
  return path.resolve(process.env[variable]);
}

async function urlPrintedBy(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/https?:\/\/127\.0\.0\.1:(\d+)\//);
    if (url) return { url: url[0], port: Number(url[1]) };
  }
  throw new Error("the server ended without printing http://127.0.0.1:PORT/, or https");
}

/** Where the pages of the chat are. */
export const chatPages = path.join(examples, "chat_server", "pages");

/** Starts the "chat", "echo" or "transports" server; port 0 takes a free one. */
export async function startServer(kind, port = 0, options = []) {
  const child = spawn(binaryOf(kind), ["--port", String(port), ...options], {
    cwd: examples, stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const failed = once(child, "error").then(([error]) => { throw error; });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    await withinTime(exited, `the ${kind} server's stop after SIGINT`).catch((error) => {
      child.kill("SIGKILL");
      throw error;
    });
  };
  try {
    const printed = await withinTime(Promise.race([urlPrintedBy(child), failed]), `the ${kind} server's start`);
    child.stdout.resume(); // a full pipe would block the server
    return { ...printed, stop, signal: (name) => child.kill(name) };
  } catch (error) {
    if (child.pid) await stop();
    throw error;
  }
}

/**
 * Gives the tests of a file one server and one browser, started with more `launchOptions` of playwright and `serverOptions`. Each visit is a visitor of its own (own cookies and cache);
 * after each test all leave, and the test fails if a page wrote an error to the console that was not foreseen.
 */
export function useSite(kind, launchOptions = {}, serverOptions = []) {
  const site = { server: null, browser: null };
  let visitors = [];
  let unforeseen = [];

  before(async () => {
    site.server = await startServer(kind, 0, serverOptions);
    site.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: CHROMIUM_ARGUMENTS, headless: true,
      timeout: patience(), ...launchOptions,
    });
  });
  after(async () => {
    await site.browser?.close();
    await site.server?.stop();
  });
  afterEach(async () => {
    const problems = unforeseen;
    await Promise.all(visitors.map((context) => context.close()));
    visitors = [];
    unforeseen = [];
    assert.deepEqual(problems, [], "errors in the browser's console");
  });

  function watch(page, foreseen) {
    const note = (text) => { if (!foreseen?.test(text)) unforeseen.push(text); };
    page.on("console", (message) => { if (message.type() === "error") note(message.text()); });
    page.on("pageerror", (error) => note(String(error)));
  }

  /** A new visitor at `where` (relative to the server), who has given this name before. `prepare` gets the page before it loads. */
  site.visit = async (where = "", { foreseen, prepare, name, ...contextOptions } = {}) => {
    const context = await site.browser.newContext({ baseURL: site.server.url, ...contextOptions });
    visitors.push(context);
    context.setDefaultTimeout(patience());
    const page = await context.newPage();
    watch(page, foreseen);
    if (name !== undefined) await page.addInitScript((value) => { localStorage["roompp.name"] ??= value; }, name);
    await prepare?.(page);
    await page.goto(where);
    return page;
  };

  site.restart = async (betweenTimes) => {
    await site.server.stop();
    await betweenTimes?.();
    site.server = await startServer(kind, site.server.port, serverOptions);
  };
  return site;
}

/* ---- the room page ---- */

/**
 * For `prepare`: the page's clock stands still from the start, and so does every time limit of the page. The test moves it
 * on with page.clock.runFor(), or lets it go with page.clock.resume().
 */
export async function stopClock(page) {
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(Date.now());
}

/** For `prepare`: the page's clock goes, until stopClockNow(). */
export const startClock = (page) => page.clock.install();

/** Stops the clock of a page that was prepared with startClock: a little later than now, for it can't be turned back. */
export async function stopClockNow(page) {
  await page.clock.pauseAt(await page.evaluate(() => Date.now()) + patience());
}

export async function connected(page) {
  await page.waitForSelector("#connection-state[data-state=open]");
  return page;
}

/**
 * Waits for a page that has lost its connection to be back, and has it try now: how long it has been waiting decides how
 * long it waits the next time, up to half a minute, and that is as long as the test took on a busy machine.
 */
export async function connectedAgain(page) {
  await page.waitForFunction(() => {
    const retry = document.querySelector("#retry-now");
    if (retry.checkVisibility()) retry.click();
    return document.querySelector("#connection-state").dataset.state === "open";
  });
  return page;
}

export async function say(page, text) {
  await page.fill("#chat-message-input", text);
  await page.press("#chat-message-input", "Enter");
}

export function hears(page, text) {
  return page.locator("#chat-log > .message .text").getByText(text, { exact: true }).first().waitFor();
}

/** Waits for these people to be listed, oneself first. */
export function peopleAre(page, ...expected) {
  return page.waitForFunction((names) => {
    const shown = [...document.querySelectorAll("#people-list .name")].map(({ textContent }) => textContent);
    return JSON.stringify(shown) === JSON.stringify(names);
  }, expected);
}

export function logOf(page) {
  return page.$eval("#chat-log", (log) => log.value);
}

/** A private message to them is what comes next. Where there is no room for the list of people, it is behind a button. */
export async function choosePerson(page, name) {
  const entry = page.locator("#people-list .name").getByText(name, { exact: true });
  await entry.waitFor({ state: "attached" });
  if (await page.isVisible("#people-toggle")) await page.click("#people-toggle");
  await entry.click();
}

/** The frame with which the server begins, for a room that a test plays itself. */
export function welcome(messages = []) {
  const last = messages.at(-1)?.id ?? 0;
  return JSON.stringify({ type: "history", epoch: "played", last, you: { id: "me", name: "Me" }, messages });
}

/**
 * Stands between the page and the server: answers the page in the server's name, and may rewrite what the page sends, or
 * keep it (null). Without a server, the test is the server, and only the first frame is given.
 */
export async function interceptRoom(page, { rewrite = (text) => text, reachServer = true } = {}) {
  const line = { answer: null, hangUp: null };
  await page.routeWebSocket(/\/ws\/chat\//, (socket) => {
    line.answer = (frame) => socket.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    line.hangUp = (code, reason) => socket.close({ code, reason });
    const server = reachServer ? socket.connectToServer() : null;
    socket.onMessage((text) => {
      const passed = rewrite(text, line);
      if (passed !== null) server?.send(passed);
    });
    if (!reachServer) socket.send(welcome());
  });
  return line;
}
