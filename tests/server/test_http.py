"""Plain HTTP, byte by byte: what is served, what is refused, and what does no harm."""

import os
import socket
import tempfile
import unittest
from pathlib import Path

from support import MIB, Ended, ServerCase, get, handshake

SECRET = b"the secret outside the folder"
LARGE = bytes(range(256)) * 4096  # a mebibyte


class HttpCase(ServerCase):
    """With a folder of pages."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pages = Path(folder.name) / "pages"
        static = self.pages / "static"
        (static / "sub").mkdir(parents=True)
        (self.pages / "index.html").write_text("<!doctype html><title>Front</title>")
        (self.pages / "secret.txt").write_bytes(SECRET)
        (static / "a.txt").write_text("a file")
        (static / "with space.css").write_text("p{}")
        (static / "large.bin").write_bytes(LARGE)
        (static / "empty.js").write_bytes(b"")
        (static / ".hidden").write_bytes(SECRET)
        (static / "sub" / "index.html").write_text("sub")
        (static / "sub" / ".git").mkdir()
        (static / "sub" / ".git" / "config").write_bytes(SECRET)
        (static / "link-out.txt").symlink_to(self.pages / "secret.txt")
        (static / "folder-out").symlink_to(self.pages)
        (static / "link-in.txt").symlink_to(static / "a.txt")
        os.mkfifo(static / "pipe")

    def serve(self, **options):
        self.server = self.start(pages=self.pages, **options)
        return self.server

    def ask(self, request, head_only=False):
        client = self.raw(self.server)
        client.send(request)
        answer = client.response(head_only)
        client.close()
        return answer


class Answers(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_a_page_comes_with_its_type_and_security_headers(self):
        answer = self.ask(get("/"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, b"<!doctype html><title>Front</title>")
        self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertIn("default-src 'self'", answer.headers["content-security-policy"])
        self.assertIn("frame-ancestors 'none'", answer.headers["content-security-policy"])
        self.assertEqual(answer.headers["referrer-policy"], "same-origin")

    def test_files_of_a_folder_come_with_their_types(self):
        for path, kind, body in (("a.txt", "text/plain; charset=utf-8", b"a file"),
                                 ("with%20space.css", "text/css; charset=utf-8", b"p{}"),
                                 ("large.bin", "application/octet-stream", LARGE),
                                 ("empty.js", "text/javascript; charset=utf-8", b""),
                                 ("link-in.txt", "text/plain; charset=utf-8", b"a file"),
                                 ("a.txt?v=2", "text/plain; charset=utf-8", b"a file"),
                                 ("sub/", "text/html; charset=utf-8", b"sub")):
            with self.subTest(path):
                answer = self.ask(get("/static/" + path))
                self.assertEqual((answer.status, answer.headers["content-type"]), (200, kind))
                self.assertTrue(answer.body == body)

    def test_a_handler_gets_the_named_part_of_the_path(self):
        self.assertEqual(self.ask(get("/hello/J%6fhn/")).body, b"Hello, John!\n")

    def test_a_handler_gets_the_body(self):
        self.assertEqual(self.ask(get("/shout/", method="POST", body=b"hello")).body, b"HELLO")
        self.assertEqual(self.ask(get("/shout/", method="POST", body=b"")).body, b"")

    def test_the_absolute_form_of_a_target_names_the_same_page(self):
        self.assertEqual(self.ask(get("http://localhost/hello/you/")).body, b"Hello, you!\n")

    def test_head_gets_the_head_of_get_and_no_body(self):
        for path in ("/", "/hello/you/", "/static/a.txt", "/nothing/"):
            with self.subTest(path):
                client = self.raw(self.server)
                client.send(get(path))
                whole = client.response()
                client.send(get(path, method="HEAD") + get("/hello/you/"))
                head = client.response(head_only=True)
                self.assertEqual((head.status, head.headers), (whole.status, whole.headers))
                self.assertEqual(client.response().body, b"Hello, you!\n")

    def test_a_page_that_is_known_gets_304_until_it_changes(self):
        client = self.raw(self.server)
        client.send(get("/"))
        tag = client.response().headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            with self.subTest(known):
                client.send(get("/", f"If-None-Match: {known}"))
                answer = client.response()
                self.assertEqual((answer.status, answer.headers["etag"]), (304, tag))
                client.send(get("/hello/you/"))
                self.assertEqual(client.response().body, b"Hello, you!\n")
        (self.pages / "index.html").write_text("changed")
        client.send(get("/", f"If-None-Match: {tag}"))
        answer = client.response()
        self.assertEqual((answer.status, answer.body), (200, b"changed"))
        self.assertNotEqual(answer.headers["etag"], tag)

    def test_a_page_that_is_not_there_gets_404(self):
        for path in ("/nothing/", "/hello/", "/hello/you", "/hello//", "/static/nothing", "/static/sub", "/static", "//",
                     "/static/pipe", "/static/"):
            with self.subTest(path):
                answer = self.ask(get(path))
                self.assertEqual(answer.status, 404)
                self.assertEqual(answer.headers["x-content-type-options"], "nosniff")

    def test_a_method_that_is_not_served_gets_405_with_those_that_are(self):
        for path, method, allowed in (("/", "POST", "GET, HEAD"), ("/hello/you/", "DELETE", "GET, HEAD"),
                                      ("/shout/", "GET", "POST"), ("/shout/", "HEAD", "POST"),
                                      ("/static/a.txt", "PUT", "GET, HEAD")):
            with self.subTest(path=path, method=method):
                answer = self.ask(get(path, method=method), head_only=method == "HEAD")
                self.assertEqual((answer.status, answer.headers["allow"]), (405, allowed))

    def test_a_websocket_address_without_an_upgrade_gets_426(self):
        answer = self.ask(get("/ws/echo/"))
        self.assertEqual((answer.status, answer.headers["upgrade"].lower()), (426, "websocket"))

    def test_a_bad_name_gets_400_and_is_not_repeated(self):
        for name in ("%3Cscript%3E", "a%20b", "..", "x" * 101, "%zz"):
            with self.subTest(name):
                answer = self.ask(get(f"/hello/{name}/"))
                self.assertEqual(answer.status, 400)
                self.assertNotIn(b"<", answer.body)

    def test_a_handler_that_throws_gets_500_and_does_not_tell_why(self):
        client = self.raw(self.server)
        client.send(get("/throw/"))
        answer = client.response()
        self.assertEqual(answer.status, 500)
        self.assertNotIn(b"told to throw", answer.body)
        self.assert_still_serves(self.server)

    def test_no_path_leads_out_of_the_folder(self):
        paths = ["../secret.txt", "%2e%2e/secret.txt", "%2E%2E%2Fsecret.txt", "..%2fsecret.txt", "..\\secret.txt",
                 "..%5csecret.txt", "sub/../../secret.txt", "sub/%2e%2e/%2e%2e/secret.txt", "%252e%252e/secret.txt",
                 ".%2e/secret.txt", "./../secret.txt", "....//secret.txt", "..;/secret.txt", "..%00/secret.txt",
                 "a.txt%00", "%00", "link-out.txt", "folder-out/secret.txt", "folder-out/index.html", ".hidden",
                 "%2ehidden", "sub/.git/config", "sub/%2egit/config", "/etc/passwd", "%2fetc/passwd", "//etc/passwd",
                 str(self.pages / "secret.txt"), "file://" + str(self.pages / "secret.txt"), "C:/secret.txt",
                 "..%c0%afsecret.txt", "%", "%2", "%zz", "a.txt%", "../" * 30 + "etc/passwd", "a" * 5000]
        for path in paths:
            with self.subTest(path):
                answer = self.ask(get("/static/" + path))
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn(SECRET, answer.body)
                self.assertNotIn(b"root:", answer.body)


class Connections(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_a_connection_serves_many_requests(self):
        client = self.raw(self.server)
        for i in range(20):
            client.send(get(f"/hello/n{i}/"))
            answer = client.response()
            self.assertEqual(answer.body, f"Hello, n{i}!\n".encode())
            self.assertNotEqual(answer.headers.get("connection"), "close")

    def test_a_connection_ends_when_the_client_wants_so(self):
        for request in (get("/hello/you/", "Connection: close"), get("/hello/you/", version="HTTP/1.0")):
            client = self.raw(self.server)
            client.send(request)
            answer = client.response()
            self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
            self.assertTrue(client.ended())

    def test_fifty_requests_sent_at_once_are_answered_in_order(self):
        client = self.raw(self.server)
        client.send(b"".join(get(f"/hello/n{i}/") if i % 2 else get("/shout/", method="POST", body=b"n%d" % i)
                             for i in range(50)))
        for i in range(50):
            self.assertEqual(client.response().body, b"Hello, n%d!\n" % i if i % 2 else b"N%d" % i)

    def test_requests_may_come_one_byte_at_a_time(self):
        client = self.raw(self.server)
        for byte in get("/hello/you/") + get("/shout/", method="POST", body=b"hello") + get("/hello/me/"):
            client.send(bytes([byte]))
        self.assertEqual([client.response().body for _ in range(3)], [b"Hello, you!\n", b"HELLO", b"Hello, me!\n"])

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

    def test_a_large_page_is_whole_although_the_connection_ends_with_it(self):
        client = self.raw(self.server, receive_buffer=4096)
        client.send(get("/static/large.bin", "Connection: close"))
        self.assertTrue(client.response().body == LARGE)
        self.assertTrue(client.ended())

    def test_a_client_that_asks_whether_to_go_on_is_told_so(self):
        client = self.raw(self.server)
        client.send(get("/shout/", "Content-Length: 5", "Expect: 100-continue", method="POST"))
        client.socket.settimeout(3)
        try:
            answer = client.response()
        except TimeoutError:
            self.fail("neither 100 nor a final status, see RFC 9110, section 10.1.1")
        self.assertEqual(answer.status, 100)
        client.send(b"hello")
        self.assertEqual(client.response().body, b"HELLO")


class Refusals(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve(request_timeout=3)

    def refused(self, request, *statuses):
        """The answer must have one of the statuses, and end the connection: what follows can't be trusted."""
        client = self.raw(self.server)
        client.send(request)
        answer = client.response()
        self.assertIn(answer.status, statuses, answer.body)
        self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(client.read_to_end(), b"")
        client.close()
        self.assert_still_serves(self.server)

    def test_a_request_that_is_none_gets_400(self):
        for data in (b"\r\n\r\n", b"hello\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n",
                     b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET hello HTTP/1.1\r\nHost: a\r\n\r\n"):
            with self.subTest(data):
                self.refused(data, 400, 505)

    def test_a_request_of_http_1_1_without_a_host_gets_400(self):
        self.refused(b"GET /hello/you/ HTTP/1.1\r\n\r\n", 400)

    def test_a_request_with_two_hosts_gets_400(self):
        self.refused(get("/hello/you/", "Host: other"), 400)

    def test_a_space_before_the_colon_of_a_header_gets_400(self):
        self.refused(b"POST /shout/ HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400)

    def test_a_length_that_is_no_number_gets_400(self):
        for length in ("five", "-1", "+5", "0x5", "5, 6", "5 5", "5;", "99999999999999999999999999"):
            with self.subTest(length):
                self.refused(get("/shout/", f"Content-Length: {length}", method="POST"), 400, 413)

    def test_two_lengths_that_differ_get_400(self):
        self.refused(get("/shout/", "Content-Length: 5", "Content-Length: 6", method="POST") + b"hello!", 400)

    def test_a_body_that_is_too_large_gets_413(self):
        self.refused(get("/shout/", "Content-Length: 65537", method="POST"), 413)
        self.refused(get("/shout/", "Content-Length: 1000000000000", method="POST"), 413)

    def test_a_body_at_the_limit_is_taken(self):
        self.assertTrue(self.ask(get("/shout/", method="POST", body=b"a" * 65536)).body == b"A" * 65536)

    def test_a_body_that_is_too_large_and_sent_all_the_same_gets_413(self):
        client = self.raw(self.server)
        try:
            client.send(get("/shout/", method="POST", body=bytes(4 * MIB)))
        except ConnectionError:
            pass
        self.assertEqual(client.response().status, 413)

    def test_a_head_that_is_too_large_gets_431(self):
        self.refused(get("/hello/you/", "X-Long: " + "x" * 70000), 431)
        self.refused(get("/hello/you/", *(f"X-{i}: y" for i in range(10000))), 431)
        self.refused(b"GET /" + b"x" * 70000, 431, 414)

    def test_a_chunked_body_gets_501(self):
        self.refused(get("/shout/", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n0\r\n\r\n", 501)

    def test_a_chunked_body_with_a_length_is_not_taken_for_two_requests(self):
        smuggled = b"0\r\n\r\n" + get("/hello/smuggled/")
        self.refused(get("/shout/", "Transfer-Encoding: chunked", f"Content-Length: {len(smuggled)}", method="POST") +
                     smuggled, 400, 501)

    def test_another_version_of_http_gets_505(self):
        self.refused(get("/hello/you/", version="HTTP/2.0"), 505)
        self.refused(get("/hello/you/", version="HTTP/0.9"), 505)
        self.refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 400)

    def test_a_handshake_with_a_body_gets_400(self):
        self.refused(handshake("/ws/echo/", "Content-Length: 5") + b"hello", 400)


if __name__ == "__main__":
    unittest.main()
