/**
 * A room of a roompp server, for a page: connects, reconnects, resumes, and falls back to event streams and polling where
 * a proxy lets no WebSocket through. One module without dependencies; speaks roompp.v1.
 *
 *   import { Room } from "/roompp.js";
 *   const room = new Room("/ws/chat/lobby/", { name: "Ann" });
 *   room.on("message", ({ from, message }) => console.log(from?.name, message));
 *   await room.ready();
 *   await room.send("hi");
 *
 * What it promises
 * - Every message of the room since the first connection comes as a `message` event once and in the room's order, over any
 *   number of lost connections and changes of transport. Where the server can't continue, a `reset` event says so first.
 * - A message is sent at most once: send() never repeats by itself what may have arrived.
 * - `presence` is who is in the room, as far as the server has told: it is right after every event.
 * @module
 */

/** The subprotocol that is spoken. */
export const PROTOCOL = "roompp.v1";

/** What a person looks like to others. `id` stays the same over reconnections; `data` is there if the server says more of them.
 * @typedef {{ id: string, name: string, data?: string }} Person */

/** Someone in the room; `since` is when they came, in ms since 1970.
 * @typedef {{ id: string, name: string, data?: string, since: number }} Member */

/** A message of the room: text, or bytes if the server sent some. `from` is null if the server said it; `at` is in ms since
 * 1970; `own` if this person sent it, from this page or another; `stored` if it was said before this connection was there: it
 * was missed, or is from before the first.
 * @typedef {{ id: number, epoch: string, from: ?Person, at: number, message: string|Uint8Array, own: boolean, stored: boolean }} Message */

/**
 * What a Room can be told. All are optional.
 * @typedef {object} RoomOptions
 * @property {string} [name] The display name, 1 to 50 characters; the server picks one otherwise.
 * @property {string} [client] Who this is, over reconnections: 16 to 64 characters of A-Z a-z 0-9 _ -, known to nobody else.
 *   By default random, and kept in sessionStorage, so that a reload is the same person.
 * @property {number} [last=50] How many of the room's last messages to have on the first connection.
 * @property {"auto"|"websocket"|"events"|"polling"} [transport="auto"] Forces a transport.
 * @property {{ events?: string, poll?: string, send?: string }} [routes] Where the other transports are. By default found by
 *   putting `events`, `poll` or `send` in the place of `/ws/` in the URL.
 * @property {number} [firstRetry=500] ms to wait after the first failure, at most; doubles with each one that follows.
 * @property {number} [longestRetry=30000] ms to wait at most.
 * @property {number} [connectTimeout=10000] ms until an attempt to connect counts as failed.
 * @property {number} [streamTimeout=5000] ms within which an event stream must deliver what is due, or else it is taken for
 *   held up by a proxy, and polling is used.
 * @property {number} [ackTimeout=10000] ms within which the server must acknowledge.
 * @property {number} [keepAlive=30000] ms of silence after which a WebSocket is asked whether it still works.
 * @property {number} [pollWait=25] s for which the server may hold a poll (at most 60); 0 asks once a second instead.
 * @property {"resume"|"accept"} [gaps="resume"] What to do when messages in between were not sent to this member, for it was too
 *   slow: resume, so as to have them; or go on with the newest. Accept gaps where the server means them: rooms with
 *   skip_to_latest, or whose hooks use broadcast_except.
 * @property {number} [fallbackAfter=2] Try other transports once this many attempts in a row could open no WebSocket.
 * @property {typeof WebSocket} [WebSocket] The WebSocket class, where there is no global one (Node before 22).
 * @property {typeof fetch} [fetch] The fetch function, likewise.
 */

const DEFAULTS = {
  last: 50, transport: "auto", routes: {}, firstRetry: 500, longestRetry: 30_000, connectTimeout: 10_000, streamTimeout: 5_000,
  ackTimeout: 10_000, keepAlive: 30_000, pollWait: 25, gaps: "resume", fallbackAfter: 2,
};
const TRANSPORTS = ["websocket", "events", "polling"];
const EVENTS = ["status", "history", "reset", "message", "presence", "join", "leave", "direct", "signal", "error"];
const STABLE_AFTER_MS = 5_000;        // a server that accepts and closes at once must not be hammered
const OVERLOAD_RETRY_MS = 5_000;      // the least wait when the server has said that it has too much to do
const CUTS_UNTIL_FALLBACK = 3;        // in a row, of connections that were not stable yet: something on the way does not bear them
const RECONSIDER_AFTER_MS = 300_000;  // the next connection after this long on another transport tries the WebSocket again;
const LONGEST_RECONSIDER_MS = 3_600_000;  // twice as long each time that it does not last, up to this
const RESUME_AGAIN_MS = 30_000;       // gaps that come sooner than this after one that was filled are the way of this server
const STREAM_SILENCE_MS = 45_000;     // a server's keep-alive comments come more often
const SHORTEST_POLL_MS = 250;         // between two polls that bring no message, lest a server that does not hold them is flooded
const CLOSED = { normal: 1000, protocolError: 1002, policyViolation: 1008, tryAgainLater: 1013, abnormal: 1006 };
const OPEN = 1;  // a WebSocket's readyState
const CLIENT_KEY = "roompp.client";

/** Why something was not done. `code` is one of the server's (malformed, unknown_type, rate_limited, too_large,
 * no_such_person ...), or
 * - `not_connected`: there was no connection; it was not sent;
 * - `connection_lost`: the connection broke before the acknowledgement; it may have arrived or not;
 * - `timeout`: no acknowledgement came in time; it may have arrived or not;
 * - `gap`, as an event: messages did not come, and could not be had either;
 * - `closed`: the room was closed for good. */
export class RoomError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "RoomError";
    /** @type {string} */
    this.code = code;
  }
}

/**
 * One room, connected from its construction on until close(), or until the server refuses it for good.
 *
 * Events, see on():
 * - `status` `{ status, transport, code?, reason?, retryAt? }`: `status` is one of
 *   `connecting`, `open`, `waiting` (until `retryAt`, ms since 1970, or a sign that the network is back) and
 *   `closed` (no more attempts; `code` and `reason` say why: a close code, or the HTTP status of a refusal).
 * - `history` `{ epoch, last, count, resumed }`: a connection begins; the `count` messages that follow are stored ones.
 *   If `resumed`, they are what was missed; else the last ones of the room. They come as `message` events right after this one.
 * - `reset` `{ epoch, last, count }`: likewise, but what follows does not continue what was there before: the room began
 *   anew (other epoch), or was away for longer than the server remembers. Messages may be missing in between.
 * - `message` {@link Message}
 * - `presence` `{ members, count }`: the map `presence`, or the number of people, has changed.
 * - `join`, `leave` {@link Member}: a person came, a person went; also if that happened while the connection was lost
 *   (unless the room has so many people that the server does not list all).
 * - `direct` `{ from, to, at, message, own }`: a private message, to this person or from them (`from` is null if it is the
 *   server's). Kept by nobody: what is sent while its receiver is not connected is lost.
 * - `signal` `{ from, signal }`: something short-lived from another one, such as `{ typing: true }`, or from the server (null).
 * - `error` {@link RoomError}: the server complains of something that nobody waits for.
 */
export class Room {
  #options;
  #routes;
  #name;
  #client;
  #session = randomToken();
  #fetch;
  #WebSocket;
  #listeners = new Map(EVENTS.map((event) => [event, new Set()]));

  #status = "connecting";
  #link = null;              // the connection, or the attempt at one
  #linkOpen = false;
  #transport = null;
  #openTimer = 0;
  #retryTimer = 0;
  #round = [];               // transports still to try before the next wait
  #failures = 0;             // in a row
  #socketFailures = 0;       // in a row, WebSockets that did not open
  #preferred = null;         // another transport than the WebSocket that has worked, and until when it is tried first
  #reconsiderAfter = RECONSIDER_AFTER_MS;
  #cuts = { websocket: 0, events: 0, polling: 0 };  // in a row, connections that were cut soon after they had opened
  #unfit = new Set();        // transports that the server does not offer, or that something on the way spoils
  #refusedBy = new Set();    // transports that were answered with a refusal since the last connection
  #openedAt = 0;

  #epoch = null;
  #lastId = -1;
  #you = null;
  #presence = new Map();
  #presenceKnown = false;
  #unlisted = 0;             // people whom the server has only counted
  #ownIds = new Set();       // of acknowledged messages that have not come back (yet)
  #gapFilledAt = -Infinity;
  #acks = 0;                 // counts on over connections: a late acknowledgement can't be taken for another's
  #pending = new Map();      // by ack number: what waits for its acknowledgement

  /**
   * Begins to connect. Events come later than the constructor returns, so none is missed.
   * @param {string|URL} url The room's WebSocket route, such as `/ws/chat/lobby/`; relative to the page. A query is kept.
   * @param {RoomOptions} [options]
   * @throws {TypeError} if the URL or an option can't be used.
   */
  constructor(url, options = {}) {
    this.#options = { ...DEFAULTS, ...withoutUndefined(options) };
    const { transport, client, name } = this.#options;
    if (transport !== "auto" && !TRANSPORTS.includes(transport)) {
      throw new TypeError(`roompp: transport is ${JSON.stringify(transport)}, not "auto", "websocket", "events" or "polling"`);
    }
    if (!["resume", "accept"].includes(this.#options.gaps)) {
      throw new TypeError(`roompp: gaps is ${JSON.stringify(this.#options.gaps)}, not "resume" or "accept"`);
    }
    if (client !== undefined && !/^[\w-]{16,64}$/.test(client)) {
      throw new TypeError("roompp: client must have 16 to 64 characters of A-Z a-z 0-9 _ -");
    }
    this.#routes = routesOf(url, this.#options.routes);
    this.#client = client ?? storedToken();
    this.#name = name;
    this.#WebSocket = this.#options.WebSocket ?? globalThis.WebSocket;
    this.#fetch = this.#options.fetch ?? globalThis.fetch?.bind(globalThis);
    if (this.#offered().length === 0) {
      throw new TypeError(`roompp: no way to reach ${url}: there is no WebSocket here (give one as an option), and no route for anything else`);
    }
    this.#start();
  }

  /** `connecting`, `open`, `waiting` or `closed`. @returns {string} */
  get status() { return this.#status; }
  /** `websocket`, `events` or `polling`: the one in use or tried now; null while there is none. @returns {?string} */
  get transport() { return this.#transport; }
  /** Who this is to others; null before the first connection. @returns {?Person} */
  get you() { return this.#you; }
  /** The room's present life: ids count within it. null before the first connection. @returns {?string} */
  get epoch() { return this.#epoch; }
  /** The id of the newest message that was had; -1 before the first connection. @returns {number} */
  get lastId() { return this.#lastId; }
  /** Who is in the room, by id. While the connection is lost: who was. Always the same map: do not change it. In a room with
   * very many people, only those whom the server has listed.
   * @returns {ReadonlyMap<string, Member>} */
  get presence() { return this.#presence; }
  /** How many people are in the room: more than `presence` holds if the server has not listed all. @returns {number} */
  get count() { return this.#presence.size + this.#unlisted; }

  /**
   * Calls the listener on each such event from now on, with the event's details.
   * @param {"status"|"history"|"reset"|"message"|"presence"|"join"|"leave"|"direct"|"signal"|"error"} event
   * @param {(details: any) => void} listener What it throws is reported as any uncaught error, and disturbs nothing here.
   * @returns {() => void} Ends the calls.
   * @throws {TypeError} if there is no such event.
   */
  on(event, listener) {
    if (!this.#listeners.has(event)) throw new TypeError(`roompp: there is no event ${JSON.stringify(event)}: ${EVENTS.join(", ")}`);
    const entry = { listener };  // so that the same function can be added twice
    this.#listeners.get(event).add(entry);
    return () => this.#listeners.get(event).delete(entry);
  }

  /** Fulfilled once there is a connection (at once, if there is); rejected with a {@link RoomError} `closed` if there will
   * be none. @returns {Promise<void>} */
  ready() {
    if (this.#status === "open") return Promise.resolve();
    const closed = () => new RoomError("closed", "The room is closed.");
    if (this.#status === "closed") return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const off = this.on("status", ({ status }) => {
        if (status !== "open" && status !== "closed") return;
        off();
        if (status === "open") resolve();
        else reject(closed());
      });
    });
  }

  /**
   * Sends to everyone in the room.
   * @param {string} message
   * @returns {Promise<number>} The message's id, once the server has acknowledged it; the `message` event with this id may
   *   come before or after. Rejected with a {@link RoomError}; nothing is ever sent a second time.
   */
  send(message) {
    return this.#request({ type: "message", message: String(message) }).then((answer) => answer.id);
  }

  /**
   * Sends to one person, in all their windows and all of one's own.
   * @param {string} to The person's id.
   * @param {string} message
   * @returns {Promise<void>} As for send().
   */
  direct(to, message) {
    return this.#request({ type: "direct", to, message: String(message) }).then(() => undefined);
  }

  /** Sends something short-lived to the others, such as `{ typing: true }`. It is not stored and not acknowledged.
   * @param {any} value Anything that JSON can hold.
   * @returns {boolean} false if there is no connection: then it is dropped. */
  signal(value) {
    if (this.#status !== "open") return false;
    this.#link.send({ type: "signal", signal: value });
    return true;
  }

  /** Goes by another name from now on. Connects anew for it, once what was sent is acknowledged; nothing is missed.
   * @param {string} name 1 to 50 characters. */
  async rename(name) {
    this.#name = name;
    await Promise.allSettled([...this.#pending.values()].map(({ settled }) => settled));
    if (this.#name === name && this.#status === "open") this.#again();
  }

  /** Tries to connect now instead of later; also after the server has closed the room for good. */
  reconnect() {
    if (this.#status === "closed") this.#start();
    else if (this.#status === "waiting") this.#attempt();
  }

  /** Leaves for good. What is not acknowledged yet is rejected with `connection_lost`. */
  close() {
    if (this.#status !== "closed") this.#close(CLOSED.normal, "");
  }

  /* ---- connecting ---- */

  #start() {
    this.#failures = 0;
    this.#refusedBy.clear();
    for (const [target, event, listener] of this.#signs()) target?.addEventListener?.(event, listener);
    this.#attempt();
  }

  /** What a browser tells of the network and of the page's life. */
  #signs() {
    const page = globalThis.document;
    return [
      [globalThis, "online", this.#look], [globalThis, "offline", this.#look], [globalThis, "pageshow", this.#returned],
      [page, "visibilitychange", this.#shown], [page, "resume", this.#look],
    ];
  }

  #shown = () => { if (!document.hidden) this.#look(); };

  /** The page comes out of the back/forward cache. The browser has ended its connections, and need not have told. */
  #returned = ({ persisted }) => { if (persisted && this.#status !== "closed") this.#again(); };

  /** At a hint that things have changed: tries again now; or, if connected, makes sure of it. */
  #look = () => {
    if (this.#status === "waiting" && globalThis.navigator?.onLine !== false) this.#attempt();
    else if (this.#status === "open") this.#link.check?.();
  };

  #offered() {
    const there = {
      websocket: this.#WebSocket, events: this.#fetch && this.#routes.events && this.#routes.send,
      polling: this.#fetch && this.#routes.poll && this.#routes.send,
    };
    const forced = this.#options.transport;
    return TRANSPORTS.filter((one) => there[one] && (forced === "auto" ? !this.#unfit.has(one) : one === forced));
  }

  /** Tries, one after the other without a wait, what could work. A server that is only away for a moment refuses all of them,
   * and is met by a WebSocket again. */
  #attempt() {
    clearTimeout(this.#retryTimer);
    const offered = this.#offered();
    if (this.#preferred && Date.now() >= this.#preferred.until) this.#preferred = null;
    if (this.#preferred) {
      this.#round = [this.#preferred.transport];
    } else if (offered[0] === "websocket" && this.#socketFailures + 1 < this.#options.fallbackAfter) {
      this.#round = ["websocket"];
    } else {
      this.#round = offered;
    }
    this.#next();
  }

  #next() {
    const transport = this.#transport = this.#round.shift();
    const link = this.#link = {};
    const current = () => this.#link === link;
    this.#linkOpen = false;
    const limit = transport === "events" ? this.#options.streamTimeout : this.#options.connectTimeout;
    this.#openTimer = setTimeout(() => this.#ended({ code: CLOSED.abnormal, reason: "no answer in time", late: true }), limit);
    this.#show("connecting");
    if (!current()) return;  // a listener has closed the room
    const ended = (end) => { if (current()) this.#ended(end); };
    try {
      Object.assign(link, LINKS[transport]({
        options: this.#options, fetch: this.#fetch, WebSocket: this.#WebSocket, ended,
        address: (route) => this.#address(route),
        frame: (frame) => { if (current()) this.#receive(frame); },
        unanswered: (ack) => this.#settle(ack, new RoomError("connection_lost", "The connection broke: it may have arrived or not.")),
        lacks: (id) => current() && this.#lastId < id,
        waits: (ack) => ack === undefined || this.#pending.has(ack),
        nextAck: () => ++this.#acks,
      }));
    } catch (error) {  // such as a WebSocket that the page's policy forbids
      queueMicrotask(() => ended({ code: CLOSED.abnormal, reason: String(error) }));
    }
  }

  #address(route) {
    const address = new URL(this.#routes[route]);
    const query = address.searchParams;
    query.set("client", this.#client);
    if (route !== "websocket") query.set("session", this.#session);
    if (this.#name) query.set("name", this.#name);
    if (route === "send") return address;
    if (this.#epoch === null) {
      query.set("last", this.#options.last);
    } else {
      query.set("epoch", this.#epoch);
      query.set("after", this.#lastId);
    }
    return address;
  }

  #prefer(transport) {
    this.#preferred = { transport, until: Date.now() + this.#reconsiderAfter };
    this.#reconsiderAfter = Math.min(2 * this.#reconsiderAfter, LONGEST_RECONSIDER_MS);
  }

  /** Counts the connections in a row that something on the way has cut; returns what to use instead, once they are too many. */
  #instead(transport, { cut }, lasted) {
    if (lasted) {
      this.#cuts[transport] = 0;
      if (transport === "websocket") this.#reconsiderAfter = RECONSIDER_AFTER_MS;
    } else if (cut && globalThis.navigator?.onLine !== false) {
      this.#cuts[transport] += 1;
    }
    if (!cut || this.#cuts[transport] < CUTS_UNTIL_FALLBACK) return undefined;
    const offered = this.#offered();
    return offered.slice(offered.indexOf(transport) + 1).find((other) => this.#cuts[other] < CUTS_UNTIL_FALLBACK);
  }

  #drop() {
    clearTimeout(this.#openTimer);
    clearTimeout(this.#retryTimer);
    const link = this.#link;
    this.#link = null;
    this.#linkOpen = false;
    link?.close?.();
    const lost = new RoomError("connection_lost", "The connection broke before the acknowledgement: it may have arrived or not.");
    for (const ack of [...this.#pending.keys()]) this.#settle(ack, lost);
  }

  /** @param {{ code: number, reason?: string, final?: boolean, refused?: boolean, missing?: boolean, late?: boolean, held?: boolean,
   *   cut?: boolean }} end
   *   `final`: don't try again; `cut`: it ended without a word of the server; `refused`: an HTTP status says so, be it the server's or that of something on the way;
   *   `missing`: the server has no such transport; `late`: nothing came in time; `held`: something on the way holds the
   *   stream up. */
  #ended(end) {
    const transport = this.#transport;
    const wasOpen = this.#linkOpen;
    this.#drop();
    if (end.refused) this.#refusedBy.add(transport);
    if (end.final || (end.refused && this.#refusedByAll())) return this.#close(end.code, end.reason);
    if (end.missing || end.held || (transport === "events" && end.late)) this.#unfit.add(transport);
    // Nothing is left that could work, as it seemed: so it may have been a passing trouble.
    if (this.#offered().length === 0) this.#unfit.clear();
    if (wasOpen) {
      const lasted = Date.now() - this.#openedAt > STABLE_AFTER_MS;
      if (lasted) this.#failures = 0;
      const instead = end.held ? this.#offered().at(-1) : this.#instead(transport, end, lasted);
      if (instead) {
        this.#prefer(instead);
        return this.#attempt();
      }
    } else {
      if (transport === "websocket") this.#socketFailures += 1;
      if (transport === this.#preferred?.transport) this.#preferred = null;
      if (this.#round.length > 0) return this.#next();
    }
    const { firstRetry, longestRetry } = this.#options;
    // Spread at random, so that a restarted server is not met by all at once.
    let wait = Math.min(longestRetry, firstRetry * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    if (end.code === CLOSED.tryAgainLater || end.code === 429) wait = Math.max(wait, OVERLOAD_RETRY_MS * (1 + Math.random()));
    this.#failures += 1;
    this.#transport = null;
    this.#retryTimer = setTimeout(() => this.#attempt(), wait);
    this.#show("waiting", { code: end.code, reason: end.reason ?? "", retryAt: Date.now() + wait });
  }

  /** Whether every transport that can say so (a page is not told why a WebSocket was refused) was refused. */
  #refusedByAll() { return this.#offered().every((one) => one === "websocket" || this.#refusedBy.has(one)); }

  #again() {
    this.#drop();
    this.#attempt();
  }

  #close(code, reason) {
    this.#drop();
    this.#transport = null;
    for (const [target, event, listener] of this.#signs()) target?.removeEventListener?.(event, listener);
    this.#show("closed", { code, reason: reason ?? "" });
  }

  #opened() {
    clearTimeout(this.#openTimer);
    this.#linkOpen = true;
    this.#openedAt = Date.now();
    this.#round = [];
    this.#refusedBy.clear();
    if (this.#transport === "websocket") {
      this.#socketFailures = 0;
      this.#preferred = null;
    } else if (!this.#preferred) {
      this.#prefer(this.#transport);
    }
    this.#show("open");
  }

  #show(status, more = {}) {
    this.#status = status;
    this.#emit("status", { status, transport: this.#transport, ...more });
  }

  #emit(event, details) {
    for (const entry of [...this.#listeners.get(event)]) {
      try {
        entry.listener(details);
      } catch (error) {
        if (globalThis.reportError) globalThis.reportError(error);
        else console.error(error);
      }
    }
  }

  /* ---- sending ---- */

  #request(frame) {
    if (this.#status !== "open") return Promise.reject(new RoomError("not_connected", "Not connected: it was not sent."));
    const ack = ++this.#acks;
    const link = this.#link;
    const answered = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(ack, new RoomError("timeout", "No acknowledgement came in time: it may have arrived or not."));
        if (this.#link === link) link.check?.();
      }, this.#options.ackTimeout);
      this.#pending.set(ack, { resolve, reject, timer });
    });
    this.#pending.get(ack).settled = answered;
    link.send({ ...frame, ack });
    return answered;
  }

  #settle(ack, answer) {
    const waiting = this.#pending.get(ack);
    if (!waiting) return;
    this.#pending.delete(ack);
    clearTimeout(waiting.timer);
    if (answer instanceof Error) waiting.reject(answer);
    else waiting.resolve(answer);
  }

  /* ---- receiving: what is malformed or unknown is ignored ---- */

  #receive(frame) {
    const readers = {
      history: this.#history, reset: this.#history, presence: this.#members, message: this.#message, join: this.#joined,
      leave: this.#left, direct: this.#direct, signal: this.#signalled, ack: this.#acknowledged, error: this.#complained,
    };
    if (!Object.hasOwn(readers, frame.type)) return;
    if (this.#linkOpen || ["history", "reset", "error"].includes(frame.type)) readers[frame.type].call(this, frame);
  }

  #history(frame) {
    if (typeof frame.epoch !== "string" || !isId(frame.last) || !Array.isArray(frame.messages)) return;
    const first = this.#epoch === null;
    const opening = !this.#linkOpen;
    const continued = !first && frame.type === "history" && frame.epoch === this.#epoch;
    if (frame.epoch !== this.#epoch) {
      this.#epoch = frame.epoch;
      this.#lastId = -1;
      this.#ownIds.clear();
    }
    this.#you = readPerson(frame.you) ?? this.#you;
    const messages = frame.messages.map((one) => this.#readMessage(one, opening || !continued)).filter((one) => one && one.id > this.#lastId);
    if (messages.length === 0) this.#lastId = Math.max(this.#lastId, frame.last);
    if (opening) this.#opened();
    const link = this.#link;
    const about = { epoch: this.#epoch, last: frame.last, count: messages.length };
    // Polls go on with such frames, too: then there is nothing to tell but the messages.
    if (!first && !continued) this.#emit("reset", about);
    else if (opening) this.#emit("history", { ...about, resumed: continued });
    for (const message of messages) if (this.#link === link) this.#deliver(message);
  }

  #message(frame) {
    const message = this.#readMessage(frame, false);
    if (message && !this.#hasGapBefore(message.id)) this.#deliver(message);
  }

  /** Ids rise by one, but for those of one's own messages that the server does not send back. What is missing is had by
   * resuming, which also brings the joins and leaves that may be missing as well. */
  #hasGapBefore(id) {
    const [first, last] = [this.#lastId + 1, id - 1];
    if (first > last || this.#options.gaps === "accept") return false;
    if (last - first < this.#ownIds.size && range(first, last).every((one) => this.#ownIds.has(one))) return false;
    if (Date.now() - this.#gapFilledAt < RESUME_AGAIN_MS) {
      this.#emit("error", new RoomError("gap", `The messages ${first} to ${last} did not come.`));
      return false;
    }
    this.#gapFilledAt = Date.now();
    this.#ended({ code: CLOSED.abnormal, reason: `the messages ${first} to ${last} did not come` });
    return true;
  }

  #readMessage(frame, stored) {
    const message = readPayload(frame);
    if (!isId(frame?.id) || message === null) return null;
    const from = readPerson(frame.from);
    return { id: frame.id, epoch: this.#epoch, from, at: readTime(frame.at), message, own: this.#isOwn(from), stored };
  }

  /** Ids rise: what is not above the last was had before. */
  #deliver(message) {
    if (message.id <= this.#lastId) return;
    this.#lastId = message.id;
    for (const id of this.#ownIds) if (id <= message.id) this.#ownIds.delete(id);
    this.#emit("message", message);
  }

  #isOwn(from) { return from !== null && from.id === this.#you?.id; }

  #members(frame) {
    if (!Array.isArray(frame.members)) return;
    const before = new Map(this.#presence);
    const members = frame.members.map(readMember).filter((one) => one !== null);
    this.#presence.clear();
    for (const member of members) this.#presence.set(member.id, member);
    this.#unlisted = isId(frame.count) ? Math.max(0, frame.count - frame.members.length) : 0;
    const known = this.#presenceKnown;
    this.#presenceKnown = true;
    if (known && this.#unlisted === 0) {
      for (const [id, member] of before) if (!this.#presence.has(id)) this.#emit("leave", member);
      for (const [id, member] of [...this.#presence]) if (!before.has(id)) this.#emit("join", member);
    }
    this.#tellPresence();
  }

  #tellPresence() { this.#emit("presence", { members: this.#presence, count: this.count }); }

  #joined(frame) {
    const member = readMember(frame.member);
    if (!member) return;
    const known = this.#presence.has(member.id);
    this.#presence.set(member.id, member);
    if (!known) this.#emit("join", member);
    this.#tellPresence();
  }

  #left(frame) {
    const told = readMember(frame.member);
    const member = this.#presence.get(told?.id) ?? (this.#unlisted > 0 ? told : null);
    if (!member) return;
    if (!this.#presence.delete(member.id)) this.#unlisted -= 1;
    this.#emit("leave", member);
    this.#tellPresence();
  }

  #direct(frame) {
    const message = readPayload(frame);
    if (message === null) return;
    const from = readPerson(frame.from);
    const to = typeof frame.to === "string" ? frame.to : this.#you?.id;
    this.#emit("direct", { from, to, at: readTime(frame.at), message, own: this.#isOwn(from) });
  }

  #signalled(frame) {
    if (frame.signal !== undefined) this.#emit("signal", { from: readPerson(frame.from), signal: frame.signal });
  }

  #acknowledged(frame) {
    if (isId(frame.id) && frame.id > this.#lastId && this.#pending.has(frame.ack)) this.#ownIds.add(frame.id);
    this.#settle(frame.ack, { id: frame.id });
  }

  #complained(frame) {
    if (typeof frame.error !== "string") return;
    const error = new RoomError(frame.error, typeof frame.message === "string" ? frame.message : frame.error);
    if (frame.ack !== undefined) this.#settle(frame.ack, error);
    else this.#emit("error", error);
  }
}

/* ---- the transports: each begins a link { send(frame), close(), check?() }, which tells of frames and of its end ---- */

const LINKS = { websocket: socketLink, events: streamLink, polling: pollLink };

function socketLink({ options, WebSocket, address, frame, ended, nextAck }) {
  const to = address("websocket");
  to.protocol = to.protocol.replace("http", "ws");
  const socket = new WebSocket(to.href, [PROTOCOL]);
  let heardAt = Date.now();
  let answered = false;
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    socket.close();
  };
  /** Looks at the time once a silence, not once a frame. */
  const rest = () => {
    const left = heardAt + options.keepAlive - Date.now();
    if (left > 0) timer = setTimeout(rest, left);
    else check();
  };
  /** A page can't see the pings of its WebSocket, and a network that is gone closes nothing. Any answer will do. */
  const check = () => {
    if (socket.readyState > OPEN) return ended({ code: CLOSED.abnormal, reason: "the connection is closed" });
    if (socket.readyState < OPEN) return undefined;
    clearTimeout(timer);
    answered = false;
    socket.send(JSON.stringify({ type: "ping", ack: nextAck() }));
    timer = setTimeout(() => {
      if (answered) rest();
      else ended({ code: CLOSED.abnormal, reason: "the server has fallen silent" });
    }, options.ackTimeout);
    return undefined;
  };
  socket.onerror = () => {};  // the package ws would throw; what matters follows as onclose
  socket.onmessage = ({ data }) => {
    heardAt = Date.now();
    answered = true;
    const received = parseFrame(data);
    if (received) frame(received);
  };
  socket.onclose = ({ code, reason }) => {
    clearTimeout(timer);
    ended({ code, reason, final: isFinal(code), cut: code === CLOSED.abnormal || code === CLOSED.protocolError });
  };
  rest();
  return { send: (what) => socket.send(JSON.stringify(what)), close, check };
}

/** An event stream, read by fetch: an EventSource would tell neither the status of a refusal nor a stream that is held up. */
function streamLink({ options, fetch, address, frame, ended, unanswered, lacks, waits }) {
  const stop = new AbortController();
  let begunAt = null;
  let heardAt = 0;
  let silence = 0;
  let through = -1;  // the highest id that the stream itself has acknowledged
  const heard = () => {
    heardAt = Date.now();
    begunAt ??= heardAt;
    clearTimeout(silence);
    silence = setTimeout(silent, STREAM_SILENCE_MS);
  };
  const silent = () => {
    // A proxy that holds the stream up may have let its beginning through, but none of the server's comments.
    const held = heardAt - begunAt < options.streamTimeout;
    ended({ code: CLOSED.abnormal, reason: "the event stream has fallen silent", held });
  };
  /** A machine that sleeps, or a page that is frozen, stops timers, but not the time. */
  const check = () => {
    if (begunAt !== null && Date.now() - heardAt >= STREAM_SILENCE_MS) ended({ code: CLOSED.abnormal, reason: "the event stream was asleep" });
  };
  const overdue = new Set();
  const read = async () => {
    const response = await fetch(address("events"), { headers: { Accept: "text/event-stream" }, cache: "no-store", signal: stop.signal });
    if (!response.ok) return ended(await refusal(response));
    if (!/^text\/event-stream\b/i.test(response.headers.get("Content-Type") ?? "")) return ended({ code: response.status, missing: true });
    const events = eventReader((type, data) => {
      const received = parseFrame(data);
      if (!received) return;
      if (received.type === "ack" && isId(received.id)) through = Math.max(through, received.id);
      if (type === "close") ended({ code: received.code, reason: received.reason, final: isFinal(received.code) });
      else frame(received);
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      events(decoder.decode(part.value, { stream: true }));
    }
    ended({ code: CLOSED.abnormal, reason: "the event stream has ended", cut: true });
  };
  read().catch((error) => ended({ code: CLOSED.abnormal, reason: String(error), cut: true }));
  const post = poster({ options, fetch, address, unanswered, waits, signal: stop.signal, answered: (answer) => {
    if (answer.type === "ack" && isId(answer.id)) {
      const timer = setTimeout(() => {
        overdue.delete(timer);
        // What one says oneself need not come back; but then its acknowledgement came in its place.
        if (lacks(answer.id) && through < answer.id) ended({ code: CLOSED.abnormal, reason: "the event stream is held up", held: true });
      }, options.streamTimeout);
      overdue.add(timer);
    }
    frame(answer);
  } });
  const close = () => {
    clearTimeout(silence);
    overdue.forEach(clearTimeout);
    stop.abort();
  };
  return { send: post, close, check };
}

function pollLink({ options, fetch, address, frame, ended, unanswered, waits }) {
  const stop = new AbortController();
  let overdueAt = Infinity;
  const poll = async () => {
    for (let wait = 0; !stop.signal.aborted; wait = options.pollWait) {
      const began = Date.now();
      overdueAt = began + wait * 1000 + options.connectTimeout;
      const from = address("poll");
      if (wait > 0) from.searchParams.set("wait", wait);
      const { end, frames } = await within(wait * 1000 + options.connectTimeout, stop.signal, async (signal) => {
        const response = await fetch(from, { cache: "no-store", signal });
        if (!response.ok) return { end: await refusal(response) };
        const received = parse(await response.text());
        return Array.isArray(received) ? { frames: received } : { end: { code: response.status, missing: true } };
      });
      if (end) return ended(end);
      overdueAt = Infinity;
      for (const one of frames) if (isObject(one)) frame(one);
      const brought = frames.some((one) => one?.type === "message" || one?.messages?.length > 0);
      const least = options.pollWait === 0 ? 1000 : brought ? 0 : SHORTEST_POLL_MS;
      const left = least - (Date.now() - began);
      if (left > 0) await new Promise((resolve) => { setTimeout(resolve, left); });
    }
  };
  poll().catch((error) => ended({ code: CLOSED.abnormal, reason: String(error) }));
  const post = poster({ options, fetch, address, unanswered, waits, signal: stop.signal, answered: frame });
  /** As of an event stream: its timer may have stood still. */
  const check = () => {
    if (Date.now() >= overdueAt) ended({ code: CLOSED.abnormal, reason: "the poll was asleep" });
  };
  return { send: post, close: () => stop.abort(), check };
}

/** Does a request, and reads its answer, unless that takes too long or `stop` is signalled. */
async function within(ms, stop, action) {
  const request = new AbortController();
  const giveUp = () => request.abort();
  stop?.addEventListener("abort", giveUp);
  const timer = setTimeout(giveUp, ms);
  try {
    return await action(request.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener("abort", giveUp);
  }
}

/** Sends frames by POST, one after the other, so that they arrive in order. One that is never answered holds up those behind
 * it no longer than its author waits, and what nobody waits for any more is not sent. */
function poster({ options, fetch, address, answered, unanswered, waits, signal: stop }) {
  let last = Promise.resolve();
  const post = async (frame) => {
    try {
      if (stop.aborted || !waits(frame.ack)) return;
      // What is under way when the link ends may still arrive: it is not given up for that.
      const { status, answer } = await within(options.ackTimeout, null, async (signal) => {
        const response = await fetch(address("send"), {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(frame), signal,
        });
        return { status: response.status, answer: parseFrame(await response.text()) };
      });
      const given = answer ?? { type: "error", error: `http_${status}`, message: `The server answered with status ${status}.` };
      if (frame.ack !== undefined) answered({ ...given, ack: frame.ack });
      else if (given.type === "error") answered(given);
    } catch {
      unanswered(frame.ack);
    }
  };
  return (frame) => { last = last.then(() => post(frame)); };
}

/** What a status that is no success means for further attempts. */
async function refusal(response) {
  const text = await response.text().catch(() => "");
  const frame = parseFrame(text);
  const reason = frame?.message ?? (text.length <= 200 && !/[<{]/.test(text) ? text.trim() : "");
  const about = { code: response.status, reason: reason || `status ${response.status}` };
  // The server has ended the membership: then its close code counts.
  if (isId(frame?.code)) return { ...about, code: frame.code, final: isFinal(frame.code) };
  return { ...about, missing: [404, 405, 501].includes(response.status), refused: [400, 401, 403, 410].includes(response.status) };
}

/** Reads text/event-stream: give it the text in any pieces. */
function eventReader(onEvent) {
  let rest = "";
  let type = "";
  let data = [];
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const content = line.endsWith("\r") ? line.slice(0, -1) : line;
      const [, field, value] = /^(data|event):? ?(.*)$/s.exec(content) ?? [];
      if (field === "data") data.push(value);
      if (field === "event") type = value;
      if (content !== "") continue;
      const [its, whole] = [type, data.join("\n")];
      type = "";
      data = [];
      if (whole !== "") onEvent(its, whole);
    }
  };
}

/* ---- reading ---- */

const isId = (value) => Number.isSafeInteger(value) && value >= 0;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isFinal = (code) => code === CLOSED.normal || code === CLOSED.policyViolation || (code >= 4000 && code <= 4999);
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const readTime = (value) => (Number.isFinite(value) ? value : Date.now());

function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

function parseFrame(text) {
  const frame = typeof text === "string" ? parse(text) : undefined;
  return isObject(frame) ? frame : undefined;
}

function readPerson(value) {
  if (!isObject(value) || typeof value.id !== "string") return null;
  const person = { id: value.id, name: typeof value.name === "string" ? value.name : "" };
  return typeof value.data === "string" ? { ...person, data: value.data } : person;
}

/** What a message says: text, or bytes; null if it is malformed. */
function readPayload(frame) {
  if (typeof frame?.message === "string") return frame.message;
  try {
    return typeof frame?.base64 === "string" ? Uint8Array.from(atob(frame.base64), (byte) => byte.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

function readMember(value) {
  const person = readPerson(value);
  return person && { ...person, since: readTime(value.since) };
}

/* ---- set-up ---- */

function withoutUndefined(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** The absolute http(s) addresses of the transports. */
function routesOf(url, given) {
  const base = globalThis.location?.href;
  const absolute = (address) => {
    const result = new URL(address, base);
    result.protocol = result.protocol.replace(/^ws/, "http");
    if (!/^https?:$/.test(result.protocol)) throw new TypeError(`roompp: ${address} is no address of a web server`);
    result.hash = "";
    return result;
  };
  const websocket = absolute(url);
  const routes = { websocket: websocket.href };
  for (const name of ["events", "poll", "send"]) {
    const sibling = new URL(websocket);
    sibling.pathname = websocket.pathname.replace("/ws/", `/${name}/`);
    if (given[name]) routes[name] = absolute(given[name]).href;
    else if (sibling.pathname !== websocket.pathname) routes[name] = sibling.href;
  }
  return routes;
}

function randomToken() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The tab's token: the same over reloads, another one in each tab. */
function storedToken() {
  try {
    const known = sessionStorage.getItem(CLIENT_KEY);
    if (known) return known;
    const token = randomToken();
    sessionStorage.setItem(CLIENT_KEY, token);
    return token;
  } catch {
    return randomToken();  // no storage here, or it is forbidden
  }
}
