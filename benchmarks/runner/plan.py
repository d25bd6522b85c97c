"""What is measured: the cases, and how much of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    mode: str
    arguments: tuple  # of wsload
    slow_servers: bool = True  # also for servers that need milliseconds a delivery
    connections: int = 0
    servers: tuple = ()  # names, if not for all


def fanout(members, sizes, seconds, slow_servers=True):
    return Case(
        f"fanout_{members}",
        "fanout",
        (
            "fanout",
            "--path",
            "/room",
            "--subscribers",
            str(members),
            "--size",
            sizes,
            "--window",
            "1,16",
            "--seconds",
            str(seconds),
            "--warmup",
            "0.1",
            "--timeout",
            "30",
        ),
        slow_servers,
        members + 1,
    )


def rooms(count, members, seconds, slow_servers=True, servers=()):
    return Case(
        f"rooms_{count}x{members}",
        "rooms",
        (
            "rooms",
            "--path",
            "/room/",
            "--rooms",
            str(count),
            "--members",
            str(members),
            "--seconds",
            str(seconds),
            "--warmup",
            "0.1",
            "--timeout",
            "30",
        ),
        slow_servers,
        count * members,
        servers,
    )


def echo(depth, seconds):
    return Case(
        f"echo_{depth}",
        "echo",
        ("echo", "--path", "/echo", "--connections", "100", "--depth", str(depth), "--seconds", str(seconds)),
        connections=100,
    )


def idle(connections, slow_servers=True):
    return Case(
        f"idle_{connections}",
        "idle",
        ("idle", "--path", "/room", "--connections", str(connections), "--timeout", "30"),
        slow_servers,
        connections,
    )


FEW = ("roompp_io_uring", "roompp_send", "bare_send", "socketify")  # where connecting takes longer than measuring

# micro: parts alone, without a server; transports: the ways besides the WebSocket, on roompp alone
MODES = ["micro", "transports", "idle", "echo", "rooms", "fanout"]


def cases(quick, modes):
    if quick:
        every = [idle(1000), echo(1, 0.3), echo(16, 0.3), rooms(100, 10, 0.3)]
        every += [fanout(100, "64", 0.3), fanout(1000, "64", 0.3, False)]
    else:
        every = [idle(1000), idle(10000, False), echo(1, 0.5), echo(16, 0.5)]
        every += [rooms(100, 10, 0.5), rooms(1000, 10, 0.5, False), rooms(10000, 10, 1, False, FEW)]
        every += [fanout(100, "64,1024", 0.5), fanout(1000, "64,1024", 0.5), fanout(10000, "64,1024", 0.5, False)]
    return [case for case in every if case.mode in modes]
