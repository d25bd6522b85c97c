"""A server of one's own for every test, and clients that speak byte by byte."""

import asyncio
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import ConnectionClosed

sys.path.insert(0, str(Path(__file__).parents[1]))
from patience import patience, wait_until  # noqa: E402

MIB = 1024 * 1024
SKIPPED = 77  # the exit code of a program that can't do here what it is asked for

TEXT, BINARY, CLOSE = 1, 2, 8
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def program():
    path = os.environ.get("SERVER_TEST_PROGRAM")
    if not path:
        raise RuntimeError("set SERVER_TEST_PROGRAM to the path of the server_test_program executable")
    return path


class Server:
    """The test program, on a free port; ends with the test."""

    def __init__(self, **options):
        options.setdefault("port", 0)
        arguments = [str(part) for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
        environment = dict(os.environ)
        # Sanitizers keep freed memory aside, which must not be taken for growth.
        environment.setdefault("ASAN_OPTIONS", "quarantine_size_mb=2")
        self.process = subprocess.Popen([program(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=environment)
        self.lines, self.errors = [], []
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self._readers:
            reader.start()
        try:
            wait_until(lambda: self.lines or self.process.poll() is not None, "the server's URL")
            if not self.lines:
                if self.wait() == SKIPPED:
                    raise unittest.SkipTest(self.error_text())
                raise AssertionError(f"the server did not start: {self.error_text()}")
            self.url = self.lines[0]
            host, self.port = re.fullmatch(r"http://(.+):(\d+)/", self.url).groups()
            self.host = host.strip("[]")
            self.port = int(self.port)
        except BaseException:
            self.kill()
            raise

    @staticmethod
    def _read(stream, lines):
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))

    def ws(self, path):
        return "ws" + self.url[len("http"):-1] + path

    def error_text(self):
        return "\n".join(self.errors)

    def wait_for_line(self, line):
        wait_until(lambda: line in self.lines, f"the server's line {line!r}; it has written {self.lines}")

    def memory(self):
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        bound = patience()
        try:
            code = self.process.wait(bound)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server has not ended within {bound} s") from None
        for reader in self._readers:
            reader.join()
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def end(self):
        """The end of a test: the server must still be there, and stop without complaint."""
        if self.process.returncode is None and self.process.poll() is None:
            self.terminate()
        code = self.wait()
        if code != 0 or "Sanitizer" in self.error_text() or "runtime error" in self.error_text():
            raise AssertionError(f"the server ended with {code} and wrote: {self.error_text()}")


class ServerCase(unittest.IsolatedAsyncioTestCase):
    maxDiff = 1000

    async def asyncSetUp(self):
        # unittest's own choice, the debug mode, makes clients slow and talkative.
        asyncio.get_running_loop().set_debug(False)

    def start(self, **options):
        server = Server(**options)
        self.addCleanup(server.end)
        return server

    def raw(self, server, **settings):
        client = Raw(server.host, server.port, **settings)
        self.addCleanup(client.close)
        return client

    def raw_websocket(self, server, path="/ws/echo/", **settings):
        client = self.raw(server, **settings)
        client.send(handshake(path))
        answer = client.response()
        self.assertEqual(answer.status, 101, answer.body)
        return client

    async def connect(self, url, **settings):
        settings.setdefault("max_size", None)
        settings.setdefault("max_queue", None)  # else a client that leaves messages unread closes slowly
        settings.setdefault("compression", None)
        settings.setdefault("ping_interval", None)
        settings.setdefault("close_timeout", patience())
        client = await websockets_connect(url, proxy=None, open_timeout=patience(), **settings)
        self.addAsyncCleanup(client.close)
        return client

    def assert_still_serves(self, server):
        client = self.raw(server)
        client.send(get("/hello/you/"))
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def send_until_held(self, server, client, data, limit):
        """Sends `data` again and again until the server reads no more; returns how many bytes went, at most `limit` or so.

        That it reads no more is counted in what the server has done since, not in time: the socket took nothing, while
        each of the server's loops has answered others, again and again."""
        others = [self.raw(server) for _ in range(8)]  # in turn, one for each loop
        client.socket.setblocking(False)
        sent = rest = rounds = 0
        try:
            while sent < limit and rounds < 5:
                try:
                    size = client.socket.send(data[-rest:] if rest else data)
                    sent, rest, rounds = sent + size, (rest or len(data)) - size, 0
                except BlockingIOError:
                    for other in others:
                        other.send(get("/hello/you/"))
                        self.assertEqual(other.response().body, b"Hello, you!\n")
                    rounds += 1
        except ConnectionError:
            pass  # it has ended the connection, and reads no more
        client.socket.settimeout(patience())
        for other in others:
            other.close()
        return sent


async def until(condition, description):
    """Awaits the condition again and again until it holds; returns its value."""
    start = time.monotonic()
    while not (value := await condition()):
        if time.monotonic() - start > patience():
            raise AssertionError(f"waited in vain for this: {description}")
        await asyncio.sleep(0.01)
    return value


async def receive(client):
    return await asyncio.wait_for(client.recv(), patience())


async def receive_until(client, last):
    """All messages up to the first that equals `last`, which is left out."""
    got = []
    while (message := await receive(client)) != last:
        got.append(message)
    return got


async def end_of(client):
    """Reads to the end; returns the close code and reason that the server has sent, (1006, "") without them."""
    try:
        while True:
            await receive(client)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


def frame(opcode, payload=b"", fin=True, rsv=0):
    """A frame as a client sends it."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload)
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    key = b"\x37\xfa\x21\x3d"
    whole = key * (len(payload) // 4 + 1)
    scrambled = int.from_bytes(payload, "big") ^ int.from_bytes(whole[:len(payload)], "big")
    return head + key + scrambled.to_bytes(len(payload), "big")


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def get(path, *headers, method="GET", version="HTTP/1.1", body=None):
    lines = [f"{method} {path} {version}", "Host: localhost", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def handshake(path="/ws/echo/", *headers):
    return get(path, "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}",
               "Sec-WebSocket-Version: 13", *headers)


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Ended(Exception):
    """The server has ended the connection."""


class Raw:
    """A blocking TCP client that sends what it is told to."""

    def __init__(self, host, port, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(patience())
        try:
            self.socket.connect((host, port))
        except BaseException:
            self.socket.close()
            raise
        self.buffer = b""

    def close(self):
        self.socket.close()

    def abort(self):
        """Ends with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def read_freely(self):
        """Ends what `receive_buffer` began: a small buffer makes a stalled client, and then a very slow one."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        try:
            data = self.socket.recv(262144)
        except ConnectionError:
            data = b""
        if not data:
            raise Ended()
        self.buffer += data

    def take(self, size):
        if len(self.buffer) < size:
            parts, have = [self.buffer], len(self.buffer)
            self.buffer = b""
            while have < size:
                self._more()
                parts.append(self.buffer)
                have += len(self.buffer)
                self.buffer = b""
            self.buffer = b"".join(parts)
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def line(self):
        """The next line, without its end."""
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def chunk(self):
        """The next chunk of a chunked body; an empty one is the last."""
        data = self.take(int(self.line(), 16))
        if self.take(2) != b"\r\n":
            raise AssertionError("a chunk does not end where it should")
        return data

    def chunks(self):
        """The rest of a chunked body."""
        data = b""
        while part := self.chunk():
            data += part
        return data

    def response(self, head_only=False):
        """The next response; of one without a length, only the head."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        if version != "HTTP/1.1":
            raise AssertionError(f"not a response of HTTP/1.1: {first!r}")
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            if name.lower() in headers:
                raise AssertionError(f"{name} comes twice in {head!r}")
            headers[name.lower()] = value.strip()
        known = "content-length" in headers and not head_only and status not in ("101", "204", "304", "100")
        size = int(headers["content-length"]) if known else 0
        if not known and not head_only and status == "200" and "transfer-encoding" not in headers \
                and headers.get("connection") != "close":
            raise AssertionError(f"nothing in this head says where the body ends: {head!r}")
        return Response(int(status), headers, self.take(size))

    def frame(self):
        """The next frame from the server: its opcode and payload."""
        first, second = self.take(2)
        if not first & 0x80 or first & 0x70 or second & 0x80:
            raise AssertionError(f"the server sends a frame that starts with {first:#x} {second:#x}")
        size = second
        if size == 126:
            size, = struct.unpack("!H", self.take(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.take(8))
        return first & 15, self.take(size)

    def close_code(self):
        """The code of the close frame that the server sends, whatever it sends before."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def read_to_end(self):
        try:
            while True:
                self._more()
        except Ended:
            data, self.buffer = self.buffer, b""
            return data

    def ended(self):
        """Whether the server has ended the connection; waits for it."""
        self.read_to_end()
        return True
