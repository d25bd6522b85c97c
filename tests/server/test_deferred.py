"""Deferred and streamed responses over real sockets: ends of connections, memory, threads, signals. The unit tests cover the
rest with the harness."""

import socket
import unittest

from support import MIB, ServerCase, get, wait_until


def post(path, body=b""):
    return get(path, method="POST", body=body)


class DeferredCase(ServerCase):
    options = {}

    def setUp(self):
        super().setUp()
        self.server = self.start(**self.options)

    def ask(self, request):
        client = self.raw(self.server)
        client.send(request)
        try:
            return client.response()
        finally:
            client.close()

    def held(self, name):
        client = self.raw(self.server)
        client.send(get(f"/held/{name}/"))
        self.server.wait_for_line(f"holds {name}")
        return client

    def stream(self, name, query="", **settings):
        client = self.raw(self.server, **settings)
        client.send(get(f"/stream/{name}/{query}"))
        self.server.wait_for_line(f"streams {name}")
        return client

    def answer(self, name, text, query=""):
        return self.ask(post(f"/answer/{name}/{query}", text)).body


class DeferredResponses(DeferredCase):
    def test_a_request_is_answered_when_its_response_is_ready(self):
        for query in ("", "?thread=1"):
            with self.subTest(query):
                name = "thread" if query else "loop"
                client = self.held(name)
                self.assertEqual(self.answer(name, b"news", query), b"answered\n")
                answer = client.response()
                self.assertEqual((answer.status, answer.body), (200, b"news"))
                client.send(get("/hello/you/"))
                self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_the_handler_is_notified_when_the_client_disconnects(self):
        for i, (leave, outcome) in enumerate(((lambda c: c.close(), b"answered\n"), (lambda c: c.abort(), b"too late\n"),
                                              (lambda c: c.socket.shutdown(socket.SHUT_WR), b"answered\n"))):
            client = self.held(f"n{i}")
            leave(client)
            self.server.wait_for_line(f"held n{i}: client gone")
            self.assertEqual(self.answer(f"n{i}", b"news"), outcome)

    def test_a_half_closed_client_is_answered(self):
        client = self.held("half")
        client.socket.shutdown(socket.SHUT_WR)
        self.server.wait_for_line("held half: client gone")
        self.answer("half", b"news")
        self.assertEqual(client.response().body, b"news")
        self.assertTrue(client.ended())

    def test_endless_input_behind_a_deferred_response_takes_no_memory(self):
        client = self.held("a")
        self.assert_still_serves(self.server)
        before = self.server.memory()
        requests = get("/hello/you/", "X: " + "x" * 1000) * 1024
        sent = self.send_until_held(self.server, client, requests, 64 * MIB)
        self.assertLess(sent, 64 * MIB, "the server reads without end")
        self.assertLess(self.server.memory() - before, 4 * MIB)
        self.answer("a", b"A")
        self.assertEqual(client.response().body, b"A")
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_many_deferred_responses_are_all_sent(self):
        clients = [self.held(f"n{i}") for i in range(200)]
        for i in reversed(range(200)):
            self.answer(f"n{i}", b"%d" % i)
        for i, client in enumerate(clients):
            self.assertEqual(client.response().body, b"%d" % i)


class SeveralThreads(DeferredResponses):
    options = {"threads": 3}


class Stops(DeferredCase):
    def test_deferred_responses_become_503_and_the_server_ends(self):
        clients = [self.held(f"n{i}") for i in range(20)]
        self.server.terminate()
        for client in clients:
            answer = client.response()
            self.assertEqual((answer.status, answer.headers["connection"]), (503, "close"))
            self.assertTrue(client.ended())
            client.close()
        self.assertEqual(self.server.wait(), 0)
        self.server.wait_for_line("held n19: server stops")


class Streams(DeferredCase):
    def write(self, name, text, query=""):
        return self.ask(post(f"/write/{name}/{query}", text)).body

    def test_pieces_arrive_as_they_are_written_and_the_connection_stays_usable(self):
        client = self.stream("a")
        head = client.response()
        self.assertEqual(head.headers["transfer-encoding"], "chunked")
        self.assertNotIn("content-length", head.headers)
        self.assertEqual(client.chunk(), b"begin\n")
        for piece in (b"one", b"two" * 1000):
            self.write("a", piece)
            self.assertEqual(client.chunk(), piece)
        self.write("a", b"three", "?thread=1")
        self.assertEqual(client.chunk(), b"three")
        client.send(get("/hello/you/"))
        self.ask(post("/end/a/"))
        self.assertEqual(client.chunks(), b"")
        self.assertEqual(client.response().body, b"Hello, you!\n")
        self.assertEqual(self.write("a", b"too late"), b"nothing is streamed\n")

    def test_the_handler_is_notified_when_the_client_disconnects(self):
        for i, leave in enumerate((lambda c: c.close(), lambda c: c.abort())):
            client = self.stream(f"n{i}", query="?to_the_end=1" if i else "")
            leave(client)
            self.server.wait_for_line(f"stream n{i}: client gone")
            # A closed socket looks like a half-closed connection until the server has written to it.
            wait_until(lambda name=f"n{i}": self.write(name, b"more") == b"over\n", "the stream is over")

    def test_a_half_closed_client_gets_the_rest(self):
        client = self.stream("half", query="?to_the_end=1")
        client.socket.shutdown(socket.SHUT_WR)
        self.server.wait_for_line("stream half: client gone")
        self.assertEqual(self.write("half", b"more"), b"open\n")
        self.ask(post("/end/half/"))
        self.assertTrue(client.read_to_end().endswith(b"begin\nmore"))

    def test_endless_input_during_a_stream_takes_no_memory(self):
        for query, is_read in (("", False), ("?to_the_end=1", True)):
            with self.subTest(query):
                client = self.stream("a", query=query)
                self.assert_still_serves(self.server)
                before = self.server.memory()
                if is_read:
                    for _ in range(64):
                        client.send(bytes(MIB))
                else:
                    self.assertLess(self.send_until_held(self.server, client, bytes(MIB), 64 * MIB), 64 * MIB)
                self.assertLess(self.server.memory() - before, 4 * MIB)
                client.abort()
                self.server.lines.clear()

    def test_a_long_body_is_sent_at_the_speed_of_its_client(self):
        self.assert_still_serves(self.server)
        before = self.server.memory()
        client = self.raw(self.server, receive_buffer=4096)
        count = 300
        client.send(get(f"/numbers/?count={count}") + get("/hello/you/"))
        client.response()
        self.assert_still_serves(self.server)
        self.assertLess(self.server.memory() - before, 4 * MIB)
        client.read_freely()
        self.assertTrue(client.chunks() == b"".join(b"%d" % (i % 10) * 100_000 for i in range(count)))
        self.assertEqual(client.response().body, b"Hello, you!\n")


class SlowReaders(DeferredCase):
    options = {"queue_bytes": 256 * 1024}

    def test_a_client_that_does_not_read_its_stream_is_disconnected_and_takes_little_memory(self):
        client = self.stream("a", query="?to_the_end=1", receive_buffer=4096)
        piece = b"x" * 60_000
        writer = self.raw(self.server)

        def is_over():
            writer.send(post("/write/a/", piece))
            return writer.response().body == b"over\n"

        wait_until(is_over, "the end of a stream that nobody reads")
        self.server.wait_for_line("stream a: too slow")
        self.assert_still_serves(self.server)
        client.close()


if __name__ == "__main__":
    unittest.main()
