// A proxy between the browser and the server, with the faults that real ones have; and a line that can be cut.
import { createServer, request } from "node:http";
import { connect } from "node:net";

/**
 * Starts a proxy to the server at `port`, on a free port of its own.
 * - `refuseUpgrade`: answers 400 to every WebSocket, as a proxy does that does not know them.
 * - `holdBack`: passes a response on only in pieces of this many bytes, and the rest at its end; Infinity: only at its end.
 */
export async function startProxy(port, { refuseUpgrade = false, holdBack = 0 } = {}) {
  const sockets = new Set();
  const counts = { upgrades: 0, events: 0, polls: 0, posts: 0, refused: 0 };
  let isCut = false;
  let isRefusing = false;

  const server = createServer((asked, answer) => {
    if (isRefusing) {
      counts.refused += 1;
      answer.writeHead(503, { "Content-Type": "text/plain", Connection: "close" }).end("Try again later.\n");
      return;
    }
    if (asked.url.startsWith("/events/")) counts.events += 1;
    if (asked.url.startsWith("/poll/")) counts.polls += 1;
    if (asked.url.startsWith("/send/")) counts.posts += 1;
    const onward = request({ host: "127.0.0.1", port, method: asked.method, path: asked.url, headers: asked.headers }, (given) => {
      if (holdBack === 0) {
        answer.writeHead(given.statusCode, given.headers);
        given.pipe(answer);
        return;
      }
      let held = Buffer.alloc(0);
      let begun = false;
      const pass = (bytes) => {
        if (!begun) answer.writeHead(given.statusCode, given.headers);
        begun = true;
        answer.write(bytes);
      };
      given.on("data", (bytes) => {
        held = Buffer.concat([held, bytes]);
        if (held.length < holdBack) return;
        const whole = held.length - (held.length % holdBack);
        pass(held.subarray(0, whole));
        held = held.subarray(whole);
      });
      given.on("end", () => { pass(held); answer.end(); });
      given.on("error", () => answer.destroy());
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  server.on("upgrade", (asked, socket, head) => {
    counts.upgrades += 1;
    if (refuseUpgrade) return socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      const headers = asked.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []));
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [[socket, onward], [onward, socket]]) {
      end.on("error", () => {});
      end.on("close", () => other.destroy());
    }
  });
  server.on("connection", (socket) => {
    if (isCut) return socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((listening) => { server.listen(0, "127.0.0.1", listening); });

  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** How often each was asked for. */
    counts,
    /** Ends all connections, and refuses new ones until restore(). */
    cut,
    restore() { isCut = isRefusing = false; },
    /** Ends all connections, and answers 503 to requests until restore(), as before a server that is starting. */
    refuse() {
      isRefusing = true;
      for (const socket of sockets) socket.destroy();
    },
    stop() {
      cut();
      return new Promise((stopped) => { server.close(stopped); });
    },
  };
}
