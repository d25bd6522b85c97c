// The chat over https and wss, with a certificate for development.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import tls from "node:tls";
import { connected, here, hears, say, useSite } from "./support.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "roompp-tls-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function makeCertificate() {
  execFileSync(path.resolve(here, "../../examples/make_certificate"), [folder], { stdio: "ignore" });
}
makeCertificate();

const site = useSite("chat", {}, ["--tls-cert", path.join(folder, "cert.pem"), "--tls-key", path.join(folder, "key.pem")]);

/** Enters the room as a visitor who trusts the certificate. */
async function enter(room) {
  const sockets = [];
  const page = await site.visit(`${room}/`, {
    ignoreHTTPSErrors: true, prepare: (page) => page.on("websocket", (socket) => sockets.push(socket.url())),
  });
  await connected(page);
  return { page, sockets };
}

async function servedCertificate() {
  const socket = tls.connect({ host: "127.0.0.1", port: site.server.port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test("two windows talk over wss, on pages that came over https", async () => {
  const [ann, ben] = [await enter("garden"), await enter("garden")];
  assert.match(site.server.url, /^https:/);
  assert.equal(await ann.page.evaluate(() => window.isSecureContext), true);
  await say(ann.page, "hello from Ann");
  await hears(ben.page, "hello from Ann");
  await say(ben.page, "hello from Ben");
  await hears(ann.page, "hello from Ben");
  for (const { sockets } of [ann, ben]) assert.deepEqual(sockets.map((url) => url.split(":")[0]), ["wss"]);
});

test("a new certificate is served after SIGHUP, and nobody is disconnected", async () => {
  const ann = await enter("attic");
  const old = await servedCertificate();
  makeCertificate();
  assert.equal(await servedCertificate(), old);
  site.server.signal("SIGHUP");
  while ((await servedCertificate()) === old) await say(ann.page, "still here");
  const ben = await enter("attic");
  await say(ann.page, "and now");
  await hears(ben.page, "and now");
  assert.equal(ann.sockets.length, 1);
});
