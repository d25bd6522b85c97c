"""Plain HTTP over real sockets: memory, and half of a connection. What needs no socket is tested in the unit tests, with the
harness (http_*_test.cpp)."""

import socket
import tempfile
import unittest
from pathlib import Path

from support import MIB, Ended, ServerCase, get

LARGE = bytes(range(256)) * 4096  # a mebibyte


class Connections(ServerCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pages = Path(folder.name)
        (pages / "static").mkdir()
        (pages / "index.html").write_text("<!doctype html><title>Front</title>")
        (pages / "static" / "large.bin").write_bytes(LARGE)
        self.server = self.start(pages=pages)

    def test_many_requests_for_a_large_page_without_reading_take_little_memory_and_are_all_answered(self):
        self.assert_still_serves(self.server)
        before = self.server.memory()
        client = self.raw(self.server, receive_buffer=4096)
        client.send(get("/static/large.bin") * 60 + get("/hello/last/"))
        self.assert_still_serves(self.server)
        self.assertLess(self.server.memory() - before, 16 * MIB)
        client.read_freely()
        for _ in range(60):
            self.assertTrue(client.response().body == LARGE)
        self.assertEqual(client.response().body, b"Hello, last!\n")
        self.assertLess(self.server.memory() - before, 16 * MIB)

    def test_a_client_that_has_said_all_and_closed_its_side_still_gets_a_large_page(self):
        client = self.raw(self.server, receive_buffer=4096)
        client.send(get("/static/large.bin") * 8)
        client.socket.shutdown(socket.SHUT_WR)
        client.read_freely()
        try:
            for _ in range(8):
                self.assertTrue(client.response().body == LARGE)
        except Ended:
            self.fail("the server threw away what waited to be sent when the client closed its side")


if __name__ == "__main__":
    unittest.main()
