"""Attacks and faults that need real sockets, descriptors and signals: after each, the server is there for the others. Those that
need no socket are unit tests; docs/security.md lists all of them."""

import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import unittest
from pathlib import Path

from support import BINARY, MIB, TEXT, Raw, ServerCase, close_frame, frame, get, handshake, patience, wait_until

PING, PONG = 9, 10


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


class Descriptors(ServerCase):
    @unittest.skipUnless(hasattr(resource, "prlimit"), "needs prlimit of Linux")
    def test_a_server_without_free_descriptors_says_so_once_and_accepts_when_there_are_some(self):
        for threads in (1, 3):
            with self.subTest(threads=threads):
                server = self.start(threads=threads, ping_interval=1, ping_timeout=int(patience(3)))
                clock = self.raw_websocket(server)
                self.assert_still_serves(server)
                allowed = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
                others = [self.raw(server) for _ in range(3)]
                for other in others:
                    other.send(get("/hello/you/"))
                    self.assertEqual(other.response().status, 200)
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (descriptors(server), allowed[1]))
                waiting = [self.raw(server) for _ in range(5)]
                for client in waiting:
                    client.send(get("/hello/you/"))
                wait_until(lambda: "cannot accept connections" in server.error_text(), "the report")
                for _ in range(3):  # seconds pass
                    opcode, payload = clock.frame()
                    self.assertEqual(opcode, PING)
                    clock.send(frame(PONG, payload))
                for other in others:  # those who are in are served meanwhile
                    other.send(get("/hello/you/"))
                    self.assertEqual(other.response().status, 200)
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, allowed)
                for client in waiting:
                    self.assertEqual(client.response().body, b"Hello, you!\n")
                self.assertEqual(server.error_text().count("cannot accept connections"), 1, server.error_text())

    def test_connections_that_end_in_any_way_leave_no_descriptor_behind(self):
        server = self.start(threads=2, request_timeout=2, close_timeout=1)
        for _ in range(4):
            self.assert_still_serves(server)
        before = descriptors(server)
        conversation = handshake("/ws/other/a/") + frame(TEXT, "hello") + frame(TEXT, "he", fin=False) + frame(PING) \
            + frame(0, "llo") + close_frame(1000, b"bye")
        dice = random.Random(1)
        for number in range(200):
            client = self.raw(server)
            try:
                client.send(conversation[:dice.randrange(len(conversation) + 1)])
                if number % 4 == 1:
                    client.socket.recv(1)
                elif number % 4 == 2:
                    client.socket.shutdown(socket.SHUT_WR)
            except (ConnectionError, TimeoutError):
                pass
            (client.abort if number % 2 else client.close)()
        wait_until(lambda: descriptors(server) <= before, "the descriptors to be closed")
        self.assert_still_serves(server)


class Writes(ServerCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.pages = Path(folder)
        (self.pages / "static").mkdir()
        (self.pages / "index.html").write_text("<!doctype html><title>Front</title>")
        (self.pages / "static" / "large.bin").write_bytes(bytes(8 * MIB))

    def test_a_write_to_a_client_that_is_gone_ends_its_connection_alone(self):
        server = self.start(pages=self.pages, threads=2)
        # The signal that such a write brings is not ignored before the program starts: the library must not cause it.
        status = Path(f"/proc/{server.process.pid}/status")
        if status.exists():
            ignored = int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigIgn")), 16)
            self.assertFalse(ignored & 1 << (signal.SIGPIPE - 1))
        member = self.raw_websocket(server, "/ws/room/a/")
        for _ in range(20):
            reader = self.raw(server, receive_buffer=4096)
            reader.send(get("/static/large.bin") * 3)
            reader.socket.recv(1)  # so the rest is being written
            reader.abort()
            other = self.raw_websocket(server, "/ws/room/a/", receive_buffer=4096)
            for _ in range(10):
                member.send(frame(BINARY, bytes(60_000)))
                self.assertEqual(member.frame(), (BINARY, bytes(60_000)))
            other.socket.recv(1)
            other.abort()
        self.assert_still_serves(server)
        self.assertIsNone(server.process.poll())

    def test_a_page_that_is_removed_while_it_is_served_is_whole_or_404(self):
        server = self.start(pages=self.pages)
        client = self.raw(server, receive_buffer=4096)
        client.send(get("/static/large.bin"))
        client.buffer += client.socket.recv(1)
        (self.pages / "static" / "large.bin").unlink()
        client.read_freely()
        self.assertEqual(len(client.response().body), 8 * MIB)
        for path in ("/static/large.bin", "/static/"):
            client.send(get(path))
            self.assertEqual(client.response().status, 404)
        shutil.rmtree(self.pages / "static")
        (self.pages / "index.html").unlink()
        for path in ("/static/large.bin", "/"):
            client.send(get(path))
            self.assertIn(client.response().status, (404, 500))
        (self.pages / "index.html").write_text("back")
        client.send(get("/"))
        self.assertEqual(client.response().body, b"back")


class Crowds(ServerCase):
    def test_a_stop_with_as_many_connected_as_may_be_ends_in_time(self):
        """10,000, or as many as the limit of open files allows: they are ours as well."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard - 200)
        print(f"{count} connections", end=" ", file=sys.stderr, flush=True)
        server = self.start(threads=2)
        greeting = frame(TEXT, "here")
        clients = []
        for start in range(0, count, 500):
            some = [Raw(server.host, server.port) for _ in range(min(500, count - start))]
            clients += some
            for number, client in enumerate(some):
                client.send(handshake("/ws/echo/" if number % 2 else "/ws/hooks/"))
            for client in some:
                self.assertEqual(client.response().status, 101)
        self.addCleanup(lambda: [client.close() for client in clients])
        clients[-1].send(greeting)
        self.assertEqual(clients[-1].frame(), (TEXT, b"here"))
        server.terminate()
        for client in clients:
            self.assertEqual(client.close_code(), 1001)
            client.send(close_frame(1001))
            client.close()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(sum(line.startswith("closed 1001") for line in server.lines), count // 2)

    def test_peers_that_never_close_are_cut_off(self):
        server = self.start(close_timeout=1, request_timeout=1)
        for _ in range(2):
            self.assert_still_serves(server)
        before = descriptors(server)
        silent = [self.raw(server) for _ in range(5)]  # say nothing at all
        closed = [self.raw_websocket(server, "/ws/hooks/") for _ in range(5)]
        for client in closed:
            client.send(frame(TEXT, "close"))
            self.assertEqual(client.close_code(), 4001)  # and do not answer it
        refused = [self.raw(server) for _ in range(5)]
        for client in refused:
            client.send(b"GET / HTTP/1.1\r\n\r\n")
            self.assertEqual(client.response().status, 400)  # and stay
        self.assertGreater(descriptors(server), before)
        wait_until(lambda: descriptors(server) <= before, "the end of connections that clients keep open")
        for client in silent:
            self.assertEqual(client.response().status, 408)

    def test_bodies_and_messages_that_come_slowly_hold_up_nobody(self):
        server = self.start(request_timeout=2)
        slow = self.raw(server)
        slow.send(get("/shout/", method="POST", body=b"x" * 10)[:-9])
        member = self.raw_websocket(server)
        message = frame(BINARY, bytes(1000))
        member.send(message[:500])
        for _ in range(20):
            self.assert_still_serves(server)
        self.assertEqual(slow.response().status, 408)
        member.send(message[500:])
        self.assertEqual(member.frame(), (BINARY, bytes(1000)))


class Oversized(ServerCase):
    def test_whatever_is_too_large_is_refused_with_its_reason_and_kept_nowhere(self):
        server = self.start(message_bytes=MIB)
        self.assert_still_serves(server)
        before = server.memory()
        huge = 32 * MIB
        requests = {
            "target": (b"GET /" + b"x" * huge, 414),
            "header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * huge, 431),
            "headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * (huge // 6), 431),
            "method": (b"G" * huge, 400),
            "body": (get("/shout/", f"Content-Length: {huge}", method="POST") + bytes(huge), 413),
            "length": (get("/shout/", "Content-Length: 99999999999999999999999999", method="POST"), 413),
            "chunk": (get("/shout/", "Transfer-Encoding: chunked", method="POST") + b"fffffffff\r\n" + bytes(huge), 413),
            "chunk extension": (get("/shout/", "Transfer-Encoding: chunked", method="POST") + b"1;" + b"x" * huge, 413),
            "protocols": (handshake("/ws/echo/", "Sec-WebSocket-Protocol: " + "x, " * (huge // 3)), 431),
        }
        for name, (data, status) in requests.items():
            with self.subTest(name):
                client = self.raw(server)
                try:
                    client.send(data)
                except ConnectionError:
                    pass
                answer = client.response()
                self.assertIn(answer.status, {status, 400, 413, 414, 431} if status in (414, 431) else {status})
                self.assertTrue(client.ended())
                client.close()
        for name, head in {"message": b"\x82\xff" + struct.pack("!Q", MIB + 1), "length": b"\x82\xff" + b"\x7f" * 8,
                           "ping": b"\x89\xfe" + struct.pack("!H", 126)}.items():
            with self.subTest(name):
                client = self.raw_websocket(server)
                client.send(head + bytes(4))
                self.assertIn(client.close_code(), (1002, 1009))
                client.close()
        with self.subTest("fragments"):
            client = self.raw_websocket(server)
            client.send(frame(TEXT, "x", fin=False))
            try:
                for _ in range(huge // 60_000):
                    client.send(frame(0, b"x" * 60_000, fin=False))
            except ConnectionError:
                pass
            self.assertEqual(client.close_code(), 1009)
        self.assertLess(server.memory() - before, 16 * MIB)
        self.assert_still_serves(server)


if __name__ == "__main__":
    unittest.main()
