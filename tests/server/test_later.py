"""Answers that are given later, and piece by piece, over real sockets."""

import socket
import time
import unittest

from support import MIB, PATIENCE, Ended, ServerCase, get, wait_until


def post(path, body=b""):
    return get(path, method="POST", body=body)


class LaterCase(ServerCase):
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

    def held(self, name, *headers, path="/held/", query="", **settings):
        client = self.raw(self.server, **settings)
        client.send(get(f"{path}{name}/{query}", *headers))
        self.server.wait_for_line(f"holds {name}")
        return client

    def stream(self, name, *headers, query="", version="HTTP/1.1", **settings):
        client = self.raw(self.server, **settings)
        client.send(get(f"/stream/{name}/{query}", *headers, version=version))
        self.server.wait_for_line(f"streams {name}")
        return client

    def answer(self, name, text, query=""):
        return self.ask(post(f"/answer/{name}/{query}", text)).body


class AnswersLater(LaterCase):
    def test_a_request_is_answered_when_the_answer_is_there(self):
        for query in ("", "?thread=1"):
            with self.subTest(query):
                name = "thread" if query else "loop"
                client = self.held(name)
                self.assertEqual(self.answer(name, b"news", query), b"answered\n")
                answer = client.response()
                self.assertEqual((answer.status, answer.body), (200, b"news"))
                client.send(get("/hello/you/"))
                self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_others_are_served_meanwhile(self):
        self.held("a")
        self.assert_still_serves(self.server)

    def test_an_answer_may_be_given_before_the_handler_returns_and_the_first_counts(self):
        client = self.raw(self.server)
        client.send(get("/at-once/") * 3 + get("/either/") + get("/either/?later=1") + get("/nothing-at-all/"))
        self.assertEqual([client.response().body for _ in range(6)],
                         [b"the first\n"] * 3 + [b"now\n", b"later\n", b""])

    def test_requests_behind_one_that_is_held_are_answered_after_it_in_order(self):
        client = self.raw(self.server)
        client.send(get("/hello/a/") + get("/held/b/") + get("/hello/c/") + get("/held/d/") + get("/hello/e/"))
        self.assertEqual(client.response().body, b"Hello, a!\n")
        self.server.wait_for_line("holds b")
        self.assertNotIn("holds d", self.server.lines)
        self.answer("b", b"B")
        self.assertEqual(client.response().body, b"B")
        self.assertEqual(client.response().body, b"Hello, c!\n")
        self.server.wait_for_line("holds d")
        self.answer("d", b"D")
        self.assertEqual(client.response().body, b"D")
        self.assertEqual(client.response().body, b"Hello, e!\n")

    def test_a_request_that_comes_in_pieces_while_one_is_held_is_answered_after_it(self):
        client = self.held("a")
        for byte in post("/shout/", b"hello"):
            client.send(bytes([byte]))
        self.answer("a", b"A")
        self.assertEqual(client.response().body, b"A")
        self.assertEqual(client.response().body, b"HELLO")

    def test_a_websocket_opens_after_a_held_answer(self):
        client = self.held("a")
        from support import TEXT, frame, handshake
        client.send(handshake("/ws/echo/") + frame(TEXT, "hi"))
        self.answer("a", b"A")
        self.assertEqual(client.response().body, b"A")
        self.assertEqual(client.response().status, 101)
        self.assertEqual(client.frame(), (TEXT, b"hi"))

    def test_a_client_that_asked_for_it_is_disconnected_after_the_answer(self):
        client = self.held("a", "Connection: close")
        client.send(get("/hello/you/"))
        self.answer("a", b"A")
        answer = client.response()
        self.assertEqual((answer.body, answer.headers["connection"]), (b"A", "close"))
        self.assertEqual(client.read_to_end(), b"")

    def test_head_gets_the_head_of_a_later_answer(self):
        client = self.raw(self.server)
        client.send(get("/held/a/", method="HEAD") + get("/hello/you/"))
        self.server.wait_for_line("holds a")
        self.answer("a", b"12345")
        self.assertEqual(client.response(head_only=True).headers["content-length"], "5")
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_a_request_that_nobody_will_answer_gets_500_and_the_next_is_served(self):
        client = self.held("a")
        self.ask(post("/drop/a/"))
        self.assertEqual(client.response().status, 500)
        client.send(get("/hello/you/"))
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_a_handler_that_throws_gets_500(self):
        self.assertEqual(self.ask(get("/throw-later/")).status, 500)
        self.assertNotIn("must not be called", self.server.lines)

    def test_the_handler_is_told_that_the_client_has_gone(self):
        for i, leave in enumerate((lambda c: c.close(), lambda c: c.abort(),
                                   lambda c: c.socket.shutdown(socket.SHUT_WR))):
            client = self.held(f"n{i}")
            leave(client)
            self.server.wait_for_line(f"held n{i}: client gone")
            self.assertEqual(self.answer(f"n{i}", b"news"), b"too late\n")

    def test_a_client_that_sends_without_end_while_one_is_held_takes_no_memory(self):
        client = self.held("a")
        self.assert_still_serves(self.server)
        before = self.server.memory()
        client.socket.settimeout(1)
        try:
            for _ in range(64):
                client.send(get("/hello/you/", "X: " + "x" * 1000) * 1024)
        except TimeoutError:
            pass
        else:
            self.fail("the server reads without end")
        self.assertLess(self.server.memory() - before, 4 * MIB)
        client.socket.settimeout(PATIENCE)
        self.answer("a", b"A")
        self.assertEqual(client.response().body, b"A")
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_many_held_requests_wait_and_are_all_answered(self):
        clients = [self.held(f"n{i}") for i in range(200)]
        for i in reversed(range(200)):
            self.answer(f"n{i}", b"%d" % i)
        for i, client in enumerate(clients):
            self.assertEqual(client.response().body, b"%d" % i)


class SeveralThreads(AnswersLater):
    options = {"threads": 3}


class TakesTooLong(LaterCase):
    options = {"answer_timeout": 1}

    def test_a_request_that_is_held_for_too_long_gets_503(self):
        client = self.held("a")
        answer = client.response()
        self.assertEqual((answer.status, answer.headers["connection"]), (503, "close"))
        self.assertTrue(client.ended())
        self.server.wait_for_line("held a: timed out")
        self.assertEqual(self.answer("a", b"news"), b"too late\n")

    def test_the_handler_may_give_a_last_answer(self):
        answer = self.held("a", query="?last_word=bye").response()
        self.assertEqual((answer.status, answer.body), (200, b"bye"))


class Stops(LaterCase):
    def test_held_requests_get_503_and_the_server_ends(self):
        clients = [self.held(f"n{i}") for i in range(20)]
        self.server.terminate()
        for client in clients:
            answer = client.response()
            self.assertEqual((answer.status, answer.headers["connection"]), (503, "close"))
            self.assertTrue(client.ended())
            client.close()
        self.assertEqual(self.server.wait(), 0)
        self.server.wait_for_line("held n19: server stops")

    def test_the_handler_may_give_a_last_answer(self):
        client = self.held("a", query="?last_word=bye")
        self.server.terminate()
        answer = client.response()
        self.assertEqual((answer.status, answer.body, answer.headers["connection"]), (200, b"bye", "close"))

    def test_a_body_that_has_begun_is_ended(self):
        chunked = self.stream("a", query="?last_word=bye")
        to_the_end = self.stream("b", query="?to_the_end=1&last_word=bye")
        self.server.terminate()
        chunked.response()
        self.assertEqual(chunked.chunks(), b"begin\nbye")
        to_the_end.response()
        self.assertEqual(to_the_end.read_to_end(), b"begin\nbye")
        self.assertTrue(chunked.ended())
        for client in (chunked, to_the_end):
            client.close()
        self.assertEqual(self.server.wait(), 0)
        self.server.wait_for_line("stream a: server stops")


class Streams(LaterCase):
    def write(self, name, text, query=""):
        return self.ask(post(f"/write/{name}/{query}", text)).body

    def test_pieces_come_as_they_are_written_and_the_connection_serves_on(self):
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

    def test_an_empty_piece_does_not_end_the_body(self):
        client = self.stream("a")
        client.response()
        self.assertEqual(client.chunk(), b"begin\n")
        self.write("a", b"")
        self.write("a", b"on")
        self.assertEqual(client.chunk(), b"on")

    def test_a_body_may_end_with_the_connection(self):
        for settings in ({"query": "?to_the_end=1"}, {"version": "HTTP/1.0"},
                         {"version": "HTTP/1.0", "query": "?to_the_end=1"}):
            with self.subTest(settings):
                client = self.stream("a", **settings)
                head = client.response()
                self.assertEqual(head.headers["connection"], "close")
                self.assertNotIn("transfer-encoding", head.headers)
                client.send(get("/hello/you/"))  # is not answered
                self.write("a", b"more")
                self.ask(post("/end/a/"))
                self.assertEqual(client.read_to_end(), b"begin\nmore")
                self.server.lines.clear()

    def test_head_gets_the_head_alone_and_the_handler_is_told(self):
        client = self.raw(self.server)
        client.send(get("/stream/a/", method="HEAD") + get("/hello/you/"))
        self.assertEqual(client.response(head_only=True).headers["transfer-encoding"], "chunked")
        self.assertEqual(client.response().body, b"Hello, you!\n")
        self.server.wait_for_line("stream a: client gone")
        self.assertEqual(self.write("a", b"more"), b"over\n")

    def test_a_status_without_content_has_none(self):
        client = self.raw(self.server)
        client.send(get("/stream/a/?status=204") + get("/hello/you/"))
        head = client.response()
        self.assertEqual(head.status, 204)
        self.assertNotIn("transfer-encoding", head.headers)
        self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_a_body_that_nobody_will_end_is_cut(self):
        client = self.stream("a")
        client.response()
        self.assertEqual(client.chunk(), b"begin\n")
        self.ask(post("/cut/a/"))
        with self.assertRaises(Ended):
            client.chunk()

    def test_the_handler_is_told_that_the_client_has_gone(self):
        for i, leave in enumerate((lambda c: c.close(), lambda c: c.abort())):
            client = self.stream(f"n{i}", query="?to_the_end=1" if i else "")
            leave(client)
            self.server.wait_for_line(f"stream n{i}: client gone")
            self.assertEqual(self.write(f"n{i}", b"more"), b"over\n")

    def test_a_client_that_sends_without_end_meanwhile_takes_no_memory(self):
        for query, is_read in (("", False), ("?to_the_end=1", True)):
            with self.subTest(query):
                client = self.stream("a", query=query)
                self.assert_still_serves(self.server)
                before = self.server.memory()
                client.socket.settimeout(1)
                try:
                    for _ in range(64):
                        client.send(bytes(MIB))
                    self.assertTrue(is_read)
                except TimeoutError:
                    self.assertFalse(is_read)
                self.assertLess(self.server.memory() - before, 4 * MIB)
                client.abort()
                self.server.lines.clear()

    def test_a_long_body_goes_as_fast_as_the_client_takes_it(self):
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


class SlowReaders(LaterCase):
    options = {"queue_bytes": 256 * 1024}

    def test_a_client_that_does_not_read_its_stream_is_cut_off_and_takes_little_memory(self):
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


class StalledReaders(LaterCase):
    options = {"keep_alive": 1}

    def test_a_client_that_takes_nothing_of_its_stream_is_given_up(self):
        client = self.stream("a", receive_buffer=4096)
        writer = self.raw(self.server)
        for _ in range(60):
            writer.send(post("/write/a/", b"x" * 60_000))
            if writer.response().body == b"over\n":
                break
        self.server.wait_for_line("stream a: too slow")
        client.close()

    def test_a_stream_without_news_stays_open(self):
        client = self.stream("a")
        client.response()
        client.chunk()
        idle = self.raw(self.server)  # ends when a connection without requests does
        idle.send(get("/hello/you/"))
        idle.response()
        self.assertTrue(idle.ended())
        self.ask(post("/write/a/", b"still there"))
        self.assertEqual(client.chunk(), b"still there")


if __name__ == "__main__":
    unittest.main()
