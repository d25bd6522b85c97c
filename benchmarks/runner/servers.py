"""The servers that are compared: how each is built, started and named."""

from dataclasses import dataclass, field

from setup import BUILD, HERE, PEERS, cpp, go_module, node_packages, python_packages

NODE = BUILD / "node"
PYTHON = BUILD / "venv" / "bin" / "python"

ASIO_FLAGS = ["-DASIO_STANDALONE", "-pthread"]


@dataclass(frozen=True)
class Server:
    name: str
    title: str
    command: list  # without --port
    build: list  # steps, each a function that raises setup.Missing if it cannot be done
    kind: str = "peer"  # or "roompp", or "limit" for the bare programs
    slow: bool = False  # milliseconds for what others do in microseconds: fewer members and rounds
    wsload_flags: list = field(default_factory=list)
    optional: bool = False  # measured only if named with --only
    must_print: str = ""  # before the line with its URL; without it the figures would be another server's


IO_URING = "writer: io_uring"  # a kernel or a build without io_uring falls back to send


def roompp(name, title, *flags, **more):
    return Server(
        name,
        title,
        [BUILD / "roompp_server", *flags],
        [
            cpp(
                "roompp_server",
                HERE / "roompp_server.cpp",
                ["-I../include", *ASIO_FLAGS, "-luring", "-lz"],
                ["libasio-dev", "libwebsocketpp-dev", "liburing-dev", "zlib1g-dev"],
            )
        ],
        kind="roompp",
        **more,
    )


def bare(name, title, libraries, packages, **more):
    step = cpp(name, HERE / f"{name}.cpp", libraries, packages)
    return Server(name, title, [BUILD / name], [step], kind="limit", **more)


def node(name, title, script, **more):
    return Server(name, title, ["node", NODE / script], [node_packages(NODE, PEERS / "node")], **more)


def python(name, title, script, *flags, **more):
    return Server(name, title, [PYTHON, PEERS / "python" / script, *flags], [python_packages(PEERS / "python")], **more)


SERVERS = [
    roompp("roompp_io_uring", "roompp, io_uring", "--writer", "io_uring", must_print=IO_URING),
    roompp("roompp_send", "roompp, send", "--writer", "send"),
    roompp(
        "roompp_threads",
        "roompp, io_uring, 2 threads",
        "--writer",
        "io_uring",
        "--threads",
        "2",
        must_print=IO_URING,
        optional=True,
    ),
    roompp(
        "roompp_history",
        "roompp, history + presence",
        "--writer",
        "send",
        "--history",
        "yes",
    ),
    bare(
        "bare_io_uring",
        "bare epoll + io_uring program",
        ["-luring", "-lcrypto"],
        ["liburing-dev", "libssl-dev"],
        must_print=IO_URING,
    ),
    bare("bare_send", "bare epoll + send program", ["-lcrypto"], ["libssl-dev"]),
    python("socketify", "uWebSockets (socketify)", "socketify_peer.py"),
    Server(
        "stock_websocketpp",
        "websocketpp, send in a loop",
        [BUILD / "stock_websocketpp"],
        [cpp("stock_websocketpp", PEERS / "stock_websocketpp.cpp", ASIO_FLAGS, ["libasio-dev", "libwebsocketpp-dev"])],
    ),
    Server(
        "beast",
        "Boost.Beast chat",
        [BUILD / "beast"],
        [cpp("beast", PEERS / "beast.cpp", ["-pthread"], ["libboost-dev"])],
    ),
    Server("gorilla", "Go gorilla/websocket hub", [BUILD / "gorilla"], [go_module("gorilla", PEERS / "gorilla")]),
    Server(
        "coder",
        "Go coder/websocket chat",
        [BUILD / "coder"],
        [go_module("coder", PEERS / "coder")],
        optional=True,
    ),
    node("node_ws", "Node ws", "node_ws.js"),
    node("socketio", "Socket.IO", "socketio.js", slow=True, wsload_flags=["--socketio"]),
    python("websockets", "Python websockets broadcast", "websockets_broadcast.py"),
    python("channels_uvicorn", "Django Channels, uvicorn", "channels_app.py", "--server", "uvicorn", slow=True),
    python("channels_daphne", "Django Channels, Daphne", "channels_app.py", "--server", "daphne", slow=True),
]

REFERENCE = "socketify"  # ratios of fan-out and rooms are given against this one
BARE = "bare_send"  # and those of echo and handshakes: see report.HANDICAP
