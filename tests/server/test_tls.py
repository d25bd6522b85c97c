"""TLS over real sockets, with the clients of Python, OpenSSL and curl."""

import asyncio
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

from support import Ended, Raw, ServerCase, get, handshake, patience, receive, wait_until

MAKE_CERTIFICATE = Path(__file__).parents[2] / "examples/make_certificate"


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=patience())


class TlsRaw(Raw):
    """A blocking TLS client."""

    def __init__(self, server, context, name="localhost", session=None):
        super().__init__(server.host, server.tls_port)
        self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session)


class TlsCase(ServerCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.make_certificate("cert")

    def make_certificate(self, folder, *names):
        subprocess.run([MAKE_CERTIFICATE, self.folder / folder, *names], check=True, capture_output=True)
        return self.folder / folder

    def start(self, **options):
        options.setdefault("tls", self.folder / "cert")
        server = super().start(**options)
        wait_until(lambda: len(server.lines) > 1, "the URL with https")
        server.tls_url = server.lines[1]
        server.tls_port = int(server.tls_url.rstrip("/").rsplit(":", 1)[1])
        return server

    def trust(self, *folders):
        context = ssl.create_default_context()
        context.check_hostname = True
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        for folder in folders or ("cert",):
            context.load_verify_locations(self.folder / folder / "cert.pem")
        return context

    def client(self, server, context=None, **settings):
        client = TlsRaw(server, context or self.trust(), **settings)
        self.addCleanup(client.close)
        return client

    def get(self, server, path="/hello/you/", context=None, **settings):
        client = self.client(server, context, **settings)
        client.send(get(path))
        return client.response()

    def connect_tls(self, server, path, context=None):
        return self.connect(f"wss://localhost:{server.tls_port}{path}", ssl=context or self.trust())


class Versions(TlsCase):
    def test_versions_1_2_and_1_3_are_served_with_forward_secrecy(self):
        server = self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.trust()
            context.minimum_version = context.maximum_version = version
            client = self.client(server, context)
            client.send(get("/hello/you/"))
            self.assertEqual(client.response().body, b"Hello, you!\n")
            self.assertRegex(client.socket.cipher()[0], "^(TLS_|ECDHE-).*(GCM|CHACHA20)")

    def test_old_versions_and_ciphers_without_forward_secrecy_are_refused(self):
        server = self.start()
        for options in (("-tls1",), ("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA"), ("-tls1_2", "-cipher", "ECDHE+AES+SHA1")):
            options = [part + ":@SECLEVEL=0" if i and options[i - 1] == "-cipher" else part for i, part in enumerate(options)]
            if "-cipher" not in options:
                options += ["-cipher", "ALL:@SECLEVEL=0"]
            result = openssl("s_client", "-connect", f"127.0.0.1:{server.tls_port}", *options)
            self.assertNotEqual(result.returncode, 0, options)
            self.assertRegex(result.stdout, rb"Cipher is \(NONE\)")
        self.assertEqual(self.get(server).status, 200)

    def test_renegotiation_is_refused(self):
        server = self.start()
        process = subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.tls_port}"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdin.write(b"R\n")
        process.stdin.flush()
        output = process.communicate(timeout=patience())[0]
        self.assertIn(b"RENEGOTIATING", output)
        self.assertRegex(output, rb"no renegotiation")

    def test_http_1_1_is_agreed_upon_and_nothing_else(self):
        server = self.start()
        for offers, agreed in ((["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (None, None)):
            context = self.trust()
            if offers:
                context.set_alpn_protocols(offers)
            self.assertEqual(self.client(server, context).socket.selected_alpn_protocol(), agreed)
        context = self.trust()
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            self.get(server, context=context)

    def test_a_session_is_resumed(self):
        server = self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.trust()
            context.minimum_version = context.maximum_version = version
            first = self.client(server, context)
            first.send(get("/hello/you/"))
            first.response()  # the ticket of 1.3 comes before
            second = self.client(server, context, session=first.socket.session)
            second.send(get("/hello/you/"))
            self.assertEqual(second.response().status, 200)
            self.assertTrue(second.socket.session_reused, version)


class Certificates(TlsCase):
    def test_the_name_chooses_the_certificate(self):
        self.make_certificate("other", "other.example", "*.wild.example")
        server = self.start(tls_other=self.folder / "other")
        both = self.trust("cert", "other")
        for name in ("localhost", "other.example", "a.wild.example"):
            self.assertEqual(self.get(server, context=both, name=name).status, 200)
        both.check_hostname = False
        client = self.client(server, both, name="unknown.example")
        self.assertIn((("commonName", "localhost"),), client.socket.getpeercert()["subject"])

    def test_an_ocsp_response_is_stapled(self):
        folder = self.folder / "cert"
        (folder / "index.txt").write_text("")
        made = openssl("ocsp", "-index", folder / "index.txt", "-rsigner", folder / "cert.pem", "-rkey", folder / "key.pem",
                       "-CA", folder / "cert.pem", "-issuer", folder / "cert.pem", "-cert", folder / "cert.pem",
                       "-ndays", 1, "-respout", folder / "ocsp.der")
        self.assertTrue((folder / "ocsp.der").exists(), made.stderr)
        server = self.start()
        output = openssl("s_client", "-status", "-connect", f"127.0.0.1:{server.tls_port}").stdout
        self.assertIn(b"OCSP Response Status: successful", output)

    def make_client(self):
        folder = self.folder
        key, request, signed = (folder / name for name in ("ann.key", "ann.csr", "ann.pem"))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=CA", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Example/CN=Änn", "-utf8", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-days", 2, "-out", signed)
        return folder / "ca.pem", signed, key

    def test_clients_may_have_to_have_a_certificate(self):
        ca, certificate, key = self.make_client()
        for demand in ("required", "optional"):
            server = self.start(client_ca=ca, demand=demand)
            known = self.trust()
            known.load_cert_chain(certificate, key)
            self.assertEqual(self.get(server, "/certificate/", known).body.decode(), "CN=Änn,O=Example")
            if demand == "required":
                with self.assertRaises((ssl.SSLError, ConnectionError, Ended)):
                    self.get(server, "/certificate/")
            else:
                self.assertEqual(self.get(server, "/certificate/").body, b"")
            foreign = self.trust()
            foreign.load_cert_chain(self.folder / "cert/cert.pem", self.folder / "cert/key.pem")
            with self.assertRaises((ssl.SSLError, ConnectionError, Ended)):
                self.get(server, "/certificate/", foreign)

    def test_a_certificate_that_cannot_be_used_is_named(self):
        for name, content, text in (("key.pem", "no key", "key"), ("cert.pem", None, "cannot read the certificate")):
            path = self.folder / "cert" / name
            path.unlink() if content is None else path.write_text(content)
            with self.assertRaisesRegex(AssertionError, text):
                self.start()


class Reload(TlsCase):
    def reload(self, server, count):
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.lines.count("loaded anew") == count, "the new certificate")

    async def test_a_reload_under_load_loses_nothing(self):
        server = self.start(threads=2)
        self.make_certificate("next")
        members = [await self.connect_tls(server, "/ws/room/a/") for _ in range(4)]
        context = self.trust("cert", "next")
        for i in range(200):
            if i % 50 == 25:
                for name in ("cert.pem", "key.pem"):
                    shutil.copy(self.folder / "next" / name, self.folder / "cert" / name)
                await asyncio.to_thread(self.reload, server, i // 50 + 1)
                members.append(await self.connect_tls(server, "/ws/room/b/", context))
            await members[0].send(f"message {i}")
        for member in members[:4]:
            for i in range(200):
                self.assertEqual(await receive(member), f"message {i}")

    def test_a_new_certificate_is_served_after_a_reload(self):
        server = self.start()
        self.make_certificate("cert")
        self.reload(server, 1)
        self.assertEqual(self.get(server, context=self.trust()).status, 200)

    def test_a_bad_new_file_changes_nothing_and_is_reported(self):
        server = self.start()
        context = self.trust()
        for content in ("no key", ""):
            before = len(server.errors)
            (self.folder / "cert/key.pem").write_text(content)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(server.errors) > before, "the report")
            self.assertIn("key.pem", server.error_text())
            self.assertEqual(self.get(server, context=context).status, 200)


class PlainAndTls(TlsCase):
    def test_plain_http_on_the_tls_port_is_told_so(self):
        server = self.start()
        for method in ("GET", "OPTIONS", "PUT", "DELETE"):
            client = Raw(server.host, server.tls_port)
            self.addCleanup(client.close)
            client.send(get("/hello/you/", method=method))
            answer = client.response()
            self.assertEqual(answer.status, 400)
            self.assertIn(b"HTTPS", answer.body)
            self.assertEqual(client.read_to_end(), b"")

    async def test_members_of_both_ports_share_rooms(self):
        server = self.start()
        plain = await self.connect(server.ws("/ws/room/a/"))
        secure = await self.connect_tls(server, "/ws/room/a/")
        await secure.send("over TLS")
        self.assertEqual(await receive(plain), "over TLS")
        await plain.send("ä" * 500_000)
        self.assertEqual(await receive(secure), "over TLS")
        self.assertEqual(await receive(secure), "ä" * 500_000)

    def test_plain_ports_redirect_when_told_to(self):
        server = self.start(redirect=1)
        client = self.raw(server)
        client.send(get("/hello/you/?a=b"))
        answer = client.response()
        self.assertEqual(answer.status, 308)
        self.assertEqual(answer.headers["location"], f"https://localhost:{server.tls_port}/hello/you/?a=b")
        client = self.raw(server)
        client.send(handshake("/ws/echo/"))
        self.assertEqual(client.response().status, 308)
        self.assertEqual(self.get(server).status, 200)

    def test_only_responses_over_tls_have_hsts(self):
        server = self.start(hsts=300)
        self.assertEqual(self.get(server).headers["strict-transport-security"], "max-age=300")
        client = self.raw(server)
        client.send(get("/hello/you/"))
        self.assertNotIn("strict-transport-security", client.response().headers)

    def test_peer_addresses_are_those_of_ipv4(self):
        server = self.start()
        self.assertEqual(self.get(server, "/address/").body, b"127.0.0.1")

    def test_curl_is_served(self):
        server = self.start()
        result = subprocess.run(["curl", "-sS", "--cacert", self.folder / "cert/cert.pem", "--noproxy", "*",
                                 f"https://localhost:{server.tls_port}/hello/curl/"], capture_output=True, timeout=patience())
        self.assertEqual((result.stdout, result.returncode), (b"Hello, curl!\n", 0), result.stderr)


class Defences(TlsCase):
    def test_a_handshake_that_does_not_go_on_is_ended(self):
        server = self.start(request_timeout=1)
        silent, half = Raw(server.host, server.tls_port), Raw(server.host, server.tls_port)
        self.addCleanup(silent.close)
        self.addCleanup(half.close)
        half.send(b"\x16\x03\x01\x02\x00\x01")
        self.assertTrue(silent.ended() and half.ended())

    def test_handshakes_in_progress_are_bounded(self):
        server = self.start(handshakes=10)
        waiting = [Raw(server.host, server.tls_port) for _ in range(10)]
        for client in waiting:
            self.addCleanup(client.close)
        more = Raw(server.host, server.tls_port)
        self.addCleanup(more.close)
        self.assertEqual(more.read_to_end(), b"")
        waiting.pop().close()
        wait_until(lambda: self.is_served(server), "a place for a handshake")

    def is_served(self, server):
        try:
            return self.get(server).status == 200
        except (OSError, ssl.SSLError):
            return False

    def test_connections_of_one_address_are_bounded(self):
        server = self.start(connections_per_address=1)
        first = self.client(server)
        with self.assertRaises((OSError, ssl.SSLError)):
            self.client(server)
        first.send(get("/hello/you/"))
        self.assertEqual(first.response().status, 200)

    def memory_client(self, server):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = self.trust().wrap_bio(incoming, outgoing, server_hostname="localhost")
        line = Raw(server.host, server.tls_port)
        self.addCleanup(line.close)
        while True:
            try:
                session.do_handshake()
                line.send(outgoing.read())
                return session, incoming, outgoing, line
            except ssl.SSLWantReadError:
                line.send(outgoing.read())
                incoming.write(line.socket.recv(65536))

    def read(self, session, incoming, line):
        while True:
            try:
                return session.read(65536)
            except ssl.SSLWantReadError:
                data = line.socket.recv(65536)
                incoming.write(data) if data else incoming.write_eof()

    def test_records_that_come_byte_by_byte_are_put_together(self):
        server = self.start()
        session, incoming, outgoing, line = self.memory_client(server)
        session.write(get("/hello/you/"))
        for byte in outgoing.read():
            line.send(bytes([byte]))
        self.assertIn(b"Hello, you!", self.read(session, incoming, line))

    def test_requests_in_thousands_of_records_are_all_answered(self):
        server = self.start()
        session, incoming, outgoing, line = self.memory_client(server)
        for byte in get("/hello/you/") * 100:
            session.write(bytes([byte]))
        line.send(outgoing.read())
        received = b""
        while received.count(b"Hello, you!") < 100:
            received += self.read(session, incoming, line)

    def test_a_client_that_ends_with_close_notify_still_gets_its_answer(self):
        server = self.start()
        session, incoming, outgoing, line = self.memory_client(server)
        session.write(get("/hello/you/"))
        with self.assertRaises(ssl.SSLWantReadError):
            session.unwrap()
        line.send(outgoing.read())
        line.socket.shutdown(socket.SHUT_WR)
        # The answer is longer than the close_notify that follows it in any case.
        self.assertGreater(len(line.read_to_end()), 100 + len("Hello, you!\n"))

    async def test_a_websocket_that_is_cut_off_counts_as_1006(self):
        server = self.start()
        session, incoming, outgoing, line = self.memory_client(server)
        session.write(handshake("/ws/hooks/"))
        line.send(outgoing.read())
        self.assertIn(b"101 ", self.read(session, incoming, line))
        line.socket.shutdown(socket.SHUT_WR)
        server.wait_for_line("closed 1006 ")

    def test_the_server_ends_with_close_notify(self):
        server = self.start()
        client = self.client(server)
        client.socket.suppress_ragged_eofs = False
        client.send(get("/hello/you/", "Connection: close"))
        client.response()
        self.assertEqual(client.socket.recv(1), b"")  # without it, this is an error


class Stopping(TlsCase):
    def test_stop_by_the_program_ends_at_once_although_signals_are_waited_for(self):
        server = self.start(stop_timeout=100_000)
        client = self.raw(server)
        client.send(get("/stop/", "Connection: close", method="POST", body=b""))
        self.assertEqual(client.response().body, b"stops\n")
        client.close()
        self.assertEqual(server.wait(), 0)
