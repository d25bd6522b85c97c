"""RESULTS.md from the samples."""

import statistics
from functools import partial

from measure import SLOW_ROUNDS
from plan import MODES
from servers import BARE, REFERENCE, SERVERS
from setup import relative


class Results:
    """Medians over the rounds."""

    def __init__(self, samples):
        self.samples = samples

    def rows(self, server, **wanted):
        return [s for s in self.samples if s["server"] == server and all(s.get(k) == v for k, v in wanted.items())]

    def median(self, server, figure, **wanted):
        values = [figure(row) for row in self.rows(server, **wanted)]
        return statistics.median(values) if values else None

    def ratio(self, server, figure, reference=REFERENCE, **wanted):
        """Median of the ratios to the reference within each round: both were measured within seconds."""
        others = {row["round"]: figure(row) for row in self.rows(reference, **wanted)}
        ratios = [figure(r) / others[r["round"]] for r in self.rows(server, **wanted) if others.get(r["round"])]
        return statistics.median(ratios) if ratios else None

    def measured(self, **wanted):
        names = {s["server"] for s in self.samples if all(s.get(k) == v for k, v in wanted.items())}
        return [server for server in SERVERS if server.name in names]

    def values(self, key, **wanted):
        return sorted({s[key] for s in self.samples if key in s and all(s.get(k) == v for k, v in wanted.items())})


def server_cpu(event):
    """The server's own threads and the softirq threads that did network work for it."""
    return lambda row: row[f"server_cpu_us_per_{event}"] + row[f"ksoftirqd_cpu_us_per_{event}"]


def key(name):
    return lambda row: row[name]


def number(value, decimals=None):
    if value is None:
        return "–"
    if decimals is None:
        decimals = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{decimals}f}"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] + ["--:"] * (len(heads) - 1)) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def name(server):
    return (
        f"**{server.title}**"
        if server.kind == "roompp"
        else f"*{server.title}*"
        if server.kind == "limit"
        else server.title
    )


def in_short(results):
    """The ratios that the design is about, one a line."""
    delivery = server_cpu("delivery")
    lines = []

    def line(what, ratio):
        if ratio is not None:
            lines.append([what, number(ratio)])

    for window in results.values("window", mode="fanout"):
        case = {"mode": "fanout", "subscribers": 1000, "size": 64, "window": window}
        what = f"a delivery, 1,000 members, 64 bytes, {window} in flight"
        for server, title in (("roompp_io_uring", "io_uring"), ("roompp_send", "send"), ("bare_send", "bare send")):
            line(f"{what}: {title} / uWebSockets", results.ratio(server, delivery, **case))
        kept = results.ratio("roompp_history", delivery, "roompp_send", **case)
        line(f"{what}: history and presence / without", kept)
    for window in results.values("window", mode="fanout"):
        figure = [
            results.median("roompp_send", delivery, mode="fanout", subscribers=n, size=64, window=window)
            for n in (100, 10_000)
        ]
        if all(figure):
            line(f"a delivery, 64 bytes, {window} in flight, send: 10,000 members / 100", figure[1] / figure[0])
    for depth in results.values("depth", mode="echo"):
        of_bare = results.ratio("roompp_send", server_cpu("echo"), BARE, mode="echo", depth=depth)
        line(f"an echo, {depth} in flight: send / bare send", of_bare)
    handshake = key("server_cpu_us_per_handshake")
    for case in results.values("case", mode="idle"):
        title = f"a handshake of {results.values('connections', case=case)[-1]:,}"
        of_stock = results.ratio("roompp_send", handshake, "stock_websocketpp", case=case)
        line(f"{title}: send / stock websocketpp", of_stock)
        line(f"{title}: send / bare send", results.ratio("roompp_send", handshake, BARE, case=case))
    if not lines:
        return []
    return ["## In short\n", "CPU of the server and ksoftirqd, as ratios:\n", table(["", "ratio"], lines)]


REFERENCE_TITLES = {REFERENCE: "uWebSockets", BARE: "bare send"}
HANDICAP = (
    "socketify calls Python for each message that comes and for each handshake, which costs more than uWebSockets itself: "
    "its line says nothing of uWebSockets' own echo and handshake. Ratios are those to the bare program.\n"
)


def one_case(results, event, rate, reference=REFERENCE, **wanted):
    """One table for one case: CPU in three views, ratio, rate and latency."""
    rows = []
    for server in results.measured(**wanted):
        figure = partial(results.median, server.name, **wanted)
        rows.append(
            [
                name(server),
                number(figure(key(f"server_cpu_us_per_{event}"))),
                number(figure(key(f"ksoftirqd_cpu_us_per_{event}"))),
                number(results.ratio(server.name, server_cpu(event), reference, **wanted)),
                number(figure(key(f"machine_cpu_us_per_{event}"))),
                number(figure(key(rate)), 0),
                number(figure(key("p50_us")), 0),
                number(figure(key("p99_us")), 0),
            ]
        )
    heads = [
        "",
        f"server CPU µs/{event}",
        "ksoftirqd µs",
        f"server + ksoftirqd vs {REFERENCE_TITLES[reference]}",
        "machine total µs",
        rate.replace("_per_s", "/s"),
        "p50 µs",
        "p99 µs",
    ]
    return table(heads, rows)


def fanout_overview(results, figure, decimals=None):
    """All fan-out cases side by side, one figure."""
    cases = [
        (n, size, window)
        for n in results.values("subscribers", mode="fanout")
        for size in results.values("size", mode="fanout")
        for window in results.values("window", mode="fanout")
    ]
    heads = [""] + [f"{n:,} · {size} B · {window}" for n, size, window in cases]
    rows = [
        [name(server)]
        + [
            number(results.median(server.name, figure, mode="fanout", subscribers=n, size=size, window=w), decimals)
            for n, size, w in cases
        ]
        for server in results.measured(mode="fanout")
    ]
    return table(heads, rows)


def fanout(results):
    text = ["## Fan-out\n"]
    sizes, members = results.values("size", mode="fanout"), results.values("subscribers", mode="fanout")
    main = 1000 if 1000 in members else members[-1]
    for window in results.values("window", mode="fanout"):
        text.append(f"### {main:,} members, {sizes[0]} bytes, {window} in flight\n")
        text.append(
            one_case(
                results, "delivery", "deliveries_per_s", mode="fanout", subscribers=main, size=sizes[0], window=window
            )
        )
    text.append("### All sizes: members · payload · in flight\n")
    text.append("Server + ksoftirqd CPU, µs for each delivery:\n")
    text.append(fanout_overview(results, server_cpu("delivery")))
    text.append("Machine total CPU, µs for each delivery:\n")
    text.append(fanout_overview(results, key("machine_cpu_us_per_delivery")))
    text.append("Latency from publish to receipt, 99th percentile, µs:\n")
    text.append(fanout_overview(results, key("p99_us"), 0))
    return text


def rooms(results):
    text = ["## Rooms\n"]
    for case in results.values("case", mode="rooms"):
        count, members = results.values("rooms", case=case)[0], results.values("members", case=case)[0]
        text.append(f"### {count:,} rooms of {members}, a message in flight in each\n")
        text.append(one_case(results, "delivery", "deliveries_per_s", case=case))
    return text


def echo(results):
    text = ["## Echo\n", HANDICAP]
    for depth in results.values("depth", mode="echo"):
        text.append(f"### 100 connections, {depth} in flight on each\n")
        text.append(one_case(results, "echo", "echoes_per_s", BARE, mode="echo", depth=depth))
    return text


def idle(results):
    text = ["## Handshakes and idle connections\n", HANDICAP]
    for case in results.values("case", mode="idle"):
        count = results.values("connections", case=case)[-1]
        text.append(f"### {count:,} connections\n")
        rows = []
        for server in results.measured(case=case):
            figure = partial(results.median, server.name, case=case)
            rows.append(
                [
                    name(server),
                    number(figure(key("server_cpu_us_per_handshake"))),
                    number(results.ratio(server.name, key("server_cpu_us_per_handshake"), BARE, case=case)),
                    number(figure(key("handshakes_per_s")), 0),
                    number(figure(key("rss_bytes_per_connection")), 0),
                ]
            )
        heads = ["", "server CPU µs/handshake", "vs bare send", "handshakes/s", "bytes of server memory/connection"]
        text.append(table(heads, rows))
    return text


def micro(timings):
    """Parts of the library alone. A name ends with how much: bytes, messages, members or rooms."""
    rows = [[title.replace("/", " · "), number(nanoseconds)] for title, nanoseconds in timings]
    return ["## Parts alone\n", "Without sockets, by Google Benchmark (`micro.cpp`).\n", table(["", "ns"], rows)]


SECTIONS = {"fanout": fanout, "rooms": rooms, "echo": echo, "idle": idle}


def commands(run):
    text = ["## Commands\n", f"`{run['command']}` ran these; PORT and PID are the server's.\n", "```"]
    servers = [s for s in SERVERS if s.name in run["servers"]]
    text += [f"{' '.join(relative(part) for part in s.command)} --port 0" for s in servers]
    text.append("")
    text += [f"build/wsload {' '.join(case)} --port PORT --pid PID" for case in run["cases"]]
    return text + ["```\n"]


def write(run, path):
    results = Results(run["samples"])
    text = [
        "# Results\n",
        "Made by `benchmarks/run`; do not edit. Lower is better, except for rates. Every figure is the median of "
        f"{run['rounds']} round{'s' * (run['rounds'] > 1)} (slow servers: at most {SLOW_ROUNDS}) "
        "in which the servers took turns.\n",
        "- **server CPU**: all threads of the server process. **ksoftirqd**: the kernel's softirq threads, which do a "
        "part of the sending when many sends are submitted together. **machine total**: everything that ran, the load "
        "generator and interrupts included.",
        "- **vs uWebSockets**: median of the ratios within each round. uWebSockets is measured through socketify, "
        "whose Python callback runs once for each message received: a small part of fan-out, most of an echo and of a "
        "handshake, which are therefore compared with the bare program.",
        "- *Italic*: the bare programs, which are the limit and not usable servers.\n",
    ]
    delivered = sum(s.get("delivered", 0) for s in run["samples"])
    text.append(
        f"Checked: {delivered:,} deliveries in {len(run['samples'])} measurements. In each counted measurement, "
        "every member received every message once and in order.\n"
    )
    if run["failures"]:
        text.append("Not counted, because something was lost, repeated, reordered or refused:\n")
        text += [f"- {failure}" for failure in run["failures"]] + [""]
    if run["missing"]:
        text.append("Not measured:\n")
        text += [f"- {server}: {why}" for server, why in run["missing"].items()] + [""]
    text += in_short(results)
    for mode in reversed(MODES):
        if results.measured(mode=mode):
            text += SECTIONS[mode](results)
    if run.get("transports"):
        text += ["## Polling, events and WebSocket on one room\n", "By `transports/run`, on roompp alone.\n"]
        text.append(run["transports"])
    if run.get("micro"):
        text += micro(run["micro"])
    text.append("## Machine\n")
    text.append(table(["", ""], [[name_, value] for name_, value in run["machine"].items()]).replace("--:", "---"))
    text += commands(run)
    path.write_text("\n".join(text))
